using Ingest.Operations.Attention;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Status;

/// <summary>What is wrong with a node, for people: since when, what happens next and when, and where to read on.</summary>
internal static class AttentionView
{
    internal static void Show(IReadOnlyList<AttentionItem> items)
    {
        foreach (var item in items)
        {
            var isBad = item.Severity == "bad";
            Screen.Fact(isBad ? "BAD" : "WARN", $"{item.What} Since {Humanize.Ago(item.Since)}.", isBad ? Tone.Bad : Tone.Warning);
            Screen.Fact("", Next(item));
        }
    }

    /// <summary>What happens next, when, and the section of the handbook, in one line.</summary>
    internal static string Next(AttentionItem item)
    {
        var when = item.NextSeconds is { } seconds ? $" In {Humanize.Seconds(Math.Round(seconds))}." : "";
        return $"{item.Next}{when} See {item.Section}".TrimStart();
    }
}
