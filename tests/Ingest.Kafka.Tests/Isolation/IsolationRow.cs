using System.Globalization;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>What a row came to.</summary>
/// <param name="Refusal">Who refused what, and how.</param>
/// <param name="SlowestSeconds">The longest wait of an event of the others.</param>
/// <param name="Shown">What an operator was shown.</param>
/// <param name="Repeats">Events that arrived more than once, over all.</param>
/// <param name="Looks">How often the sum was checked.</param>
/// <param name="Broken">Promises that were not kept.</param>
internal sealed record IsolationRow(
    Refusal Refusal, double SlowestSeconds, string Shown, int Repeats, int Looks, IReadOnlyList<string> Broken)
{
    private const int ShownMax = 70;

    internal static string[] Head =>
    [
        "| sink | one bad | how | slowest of the others, s | shown | repeats | looks | kept |",
        "|---|---|---|---:|---|---:|---:|---|",
    ];

    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"| {Refusal.Sink} | {Refusal.What.ToString().ToLowerInvariant()} | {Refusal.How} | {SlowestSeconds:F2} | {Short(Shown)} "
        + $"| {Repeats} | {Looks} | {(Broken.Count == 0 ? "yes" : "NO")} |");

    private static string Short(string text)
    {
        var line = text.ReplaceLineEndings(" ").Replace('|', '/');
        return line.Length <= ShownMax ? line : $"{line[..ShownMax]}…";
    }
}
