using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using Ingest.Operations.Letters;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.DeadLetters;

/// <summary>The commands of <c>ingest deadletters</c> that change nothing.</summary>
internal static class DeadLettersLook
{
    private const int PageMax = 1000;
    private const int CopyBytes = 64 * 1024;

    internal static Command CreateList()
    {
        var command = new Command("list", "Show letters in the order of their sequence numbers.");
        var filter = new DeadLetterFilterOptions();
        filter.AddTo(command);
        var limit = new Option<int>("--limit")
        {
            HelpName = "N",
            Description = "At most so many. Default 100.",
            DefaultValueFactory = _ => 100,
        }.Within(1, int.MaxValue);
        var after = new Option<string?>("--after") { HelpName = "ID", Description = "Only those behind this one." }
            .Must(DeadLetterFilterOptions.SomeId, DeadLetterFilterOptions.IsId);
        command.Add(limit);
        command.Add(after);
        var by = new Option<string?>("--group-by")
        {
            HelpName = "NAMES",
            Description = "Count letters instead, by lane, stream, reason or state, or several of them with commas between.",
        };
        command.Add(by);
        var output = OutputOption.AddTo(command);
        var watch = WatchOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var printing = output.Read(parsed);
            return await watch.RunAsync(parsed, printing, async cancel =>
            {
                var (query, most) = (filter.Query(parsed), parsed.GetValue(limit));
                if (parsed.GetValue(by) is { } names)
                {
                    await DeadLetterGroupsView.ShowAsync(client, names, query, most, printing, cancel);
                    return ExitCode.Fine;
                }
                Show(await ReadAsync(client, query, parsed.GetValue(after), most, cancel), printing);
                return ExitCode.Fine;
            }, cancel);
        });
        return command;
    }

    internal static Command CreateShow()
    {
        var command = new Command("show", "Show a letter with its event.");
        var id = new Argument<string>("ID") { Description = "LANE/SEQUENCE: `ingest deadletters list`." }
            .Must(DeadLetterFilterOptions.SomeId, DeadLetterFilterOptions.IsId);
        command.Add(id);
        var payload = new Option<bool>("--payload") { Description = "Print the event's payload byte for byte, and nothing else." };
        command.Add(payload);
        var output = OutputOption.AddTo(command);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var path = "/deadletters/" + Path(parsed.GetRequiredValue(id));
            if (parsed.GetValue(payload))
            {
                await using var output = Console.OpenStandardOutput();
                await CopyAsync(client, path + "/payload", output, _ => { }, cancel);
                return ExitCode.Fine;
            }
            var letter = await client.TextAsync(HttpMethod.Get, path, content: null, cancel);
            if (output.Read(parsed) is { IsDocument: true } printing)
            {
                printing.Print(letter);
            }
            else
            {
                using var document = JsonDocument.Parse(letter);
                ShowFacts(document.RootElement);
            }
            return ExitCode.Fine;
        });
        return command;
    }

    internal static Command CreateExport()
    {
        var command = new Command("export", "Print letters with their events as lines of JSON, one each.");
        var filter = new DeadLetterFilterOptions();
        filter.AddTo(command);
        var output = new Option<string?>("--output")
        {
            HelpName = "FILE",
            Description = "A new file to write to. Default: standard output.",
        };
        command.Add(output);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var path = "/deadletters/export?" + filter.Query(parsed);
            if (parsed.GetValue(output) is not { } file)
            {
                await using var standard = Console.OpenStandardOutput();
                await CopyAsync(client, path, standard, _ => { }, cancel);
                return ExitCode.Fine;
            }
            await using var target = new FileStream(file, FileMode.CreateNew, FileAccess.Write);
            var lines = await ExportAsync(client, path, target, cancel);
            Screen.Line($"{Humanize.Count(lines, "letter")} written to {file}.");
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<DeadLetterPage> ReadAsync(AdminClient client, string filter, string? after, int limit,
        CancellationToken cancel)
    {
        var letters = new List<DeadLetterListItem>();
        while (true)
        {
            var some = Math.Min(limit - letters.Count, PageMax).ToString(CultureInfo.InvariantCulture);
            var path = $"/deadletters?{filter}&limit={some}" + (after is null ? "" : $"&after={Uri.EscapeDataString(after)}");
            var answer = await client.TextAsync(HttpMethod.Get, path.Replace("?&", "?", StringComparison.Ordinal), content: null, cancel);
            var page = JsonSerializer.Deserialize(answer, DeadLetterJson.Default.DeadLetterPage)!;
            letters.AddRange(page.Letters);
            after = page.Next;
            if (after is null || letters.Count >= limit)
            {
                return page with { Letters = letters };
            }
        }
    }

    private static void Show(DeadLetterPage page, Printing printing)
    {
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(page, DeadLetterJson.Plain.DeadLetterPage));
            return;
        }
        if (page.Letters.Count == 0)
        {
            Screen.Line(page.Total == 0 ? "There are no dead letters." : $"None of {Humanize.Count(page.Total, "letter")} matches.");
            return;
        }
        var table = Screen.NewTable("Id", "Stream", "State", "#Attempts", "Last attempt", "#Bytes", "Reason");
        foreach (var letter in page.Letters)
        {
            Screen.Row(
                table,
                letter.Id,
                letter.Stream,
                letter.State,
                Humanize.Count(letter.Attempts),
                Humanize.Time(letter.LastAttempt.ToUnixTimeMilliseconds()),
                Humanize.Bytes(letter.Bytes),
                letter.Reason);
        }
        Screen.Show(table);
        Screen.Line(page.Next is { } next
            ? $"{Humanize.Count(page.Letters.Count)} of {Humanize.Count(page.Total, "letter")}; go on with --after {next}."
            : $"{Humanize.Count(page.Letters.Count)} of {Humanize.Count(page.Total, "letter")}.");
    }

    private static void ShowFacts(JsonElement letter)
    {
        foreach (var member in letter.EnumerateObject().Where(member => member.Value.ValueKind != JsonValueKind.Object))
        {
            Fact(member);
        }
        Screen.Line();
        foreach (var member in letter.GetProperty("event").EnumerateObject())
        {
            Fact(member);
        }

        static void Fact(JsonProperty member) =>
            Screen.Line($"{member.Name,-13} {(member.Value.ValueKind == JsonValueKind.String ? member.Value.GetString() : member.Value)}");
    }

    private static async Task<long> ExportAsync(AdminClient client, string path, Stream target, CancellationToken cancel)
    {
        if (!Screen.IsWatched)
        {
            return await CopyAsync(client, path, target, _ => { }, cancel);
        }
        var total = (await ReadAsync(client, "", after: null, limit: 1, cancel)).Total;
        return await WorkBars.Count("letters").StartAsync(async bars =>
        {
            var bar = bars.AddTask("exporting", maxValue: Math.Max(total, 1));
            return await CopyAsync(client, path, target, lines => bar.Value = lines, cancel);
        });
    }

    // Returns how many lines went by.
    private static async Task<long> CopyAsync(
        AdminClient client, string path, Stream target, Action<long> show, CancellationToken cancel)
    {
        using var response = await client.SendAsync(HttpMethod.Get, path, content: null, cancel);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        var buffer = new byte[CopyBytes];
        var lines = 0L;
        int read;
        while ((read = await body.ReadAsync(buffer, cancel)) > 0)
        {
            await target.WriteAsync(buffer.AsMemory(0, read), cancel);
            lines += buffer.AsSpan(0, read).Count((byte)'\n');
            show(lines);
        }
        await target.FlushAsync(cancel);
        return lines;
    }

    private static string Path(string id) => string.Join('/', id.Split('/').Select(Uri.EscapeDataString));
}
