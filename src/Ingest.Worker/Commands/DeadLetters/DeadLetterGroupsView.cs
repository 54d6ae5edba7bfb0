using System.Globalization;
using System.Text.Json;
using Ingest.Operations.Letters;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.DeadLetters;

/// <summary>Shows how many dead letters there are by what they have in common: <c>ingest deadletters list --group-by</c>.</summary>
internal static class DeadLetterGroupsView
{
    private const int LimitMax = 1000;

    internal static async Task ShowAsync(
        AdminClient client, string by, string filter, int limit, Printing printing, CancellationToken cancel)
    {
        var some = Math.Min(limit, LimitMax).ToString(CultureInfo.InvariantCulture);
        var path = $"/deadletters/groups?by={Uri.EscapeDataString(by)}&limit={some}" + (filter.Length > 0 ? "&" + filter : "");
        var answer = await client.TextAsync(HttpMethod.Get, path, content: null, cancel);
        var page = JsonSerializer.Deserialize(answer, DeadLetterJson.Default.DeadLetterGroupPage)!;
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(page, DeadLetterJson.Plain.DeadLetterGroupPage));
            return;
        }
        ShowTable(page, by.Split(',', StringSplitOptions.TrimEntries));
    }

    private static void ShowTable(DeadLetterGroupPage page, string[] by)
    {
        if (page.Groups.Count == 0)
        {
            Screen.Line("No dead letter matches.");
            return;
        }
        var table = Screen.NewTable(["#Letters", "#Bytes", .. by.Select(name => char.ToUpperInvariant(name[0]) + name[1..])]);
        foreach (var group in page.Groups)
        {
            Screen.Row(table, [Humanize.Count(group.Count), Humanize.Bytes(group.Bytes), .. by.Select(name => Text(group, name))]);
        }
        Screen.Show(table);
        Screen.Line($"{Humanize.Count(page.LettersTotal, "letter")} in {Humanize.Count(page.GroupsTotal, "group")}.");
    }

    private static string Text(DeadLetterGroupItem group, string name) => name switch
    {
        "lane" => group.Lane,
        "stream" => group.Stream,
        "reason" => group.Reason,
        _ => group.State,
    } ?? "";
}
