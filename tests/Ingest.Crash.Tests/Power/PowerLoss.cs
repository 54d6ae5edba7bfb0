using System.Globalization;
using System.Text.RegularExpressions;

namespace Ingest.Crash.Tests.Power;

/// <summary>What a cut found unflushed, and what of it was lost.</summary>
internal sealed partial record PowerLoss(
    long Sectors, long SectorsLost, long Sizes, long SizesLost, long Names, long NamesLost, long FilesGone)
{
    internal static PowerLoss None { get; } = new(0, 0, 0, 0, 0, 0, 0);

    /// <summary>Reads the line of <c>forgetful</c>.</summary>
    internal static PowerLoss Parse(string line)
    {
        Assert.StartsWith("cut ", line, StringComparison.Ordinal);
        var figures = Number().Matches(line).Select(match => long.Parse(match.ValueSpan, CultureInfo.InvariantCulture)).ToArray();
        return new(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5], figures[6]);
    }

    public static PowerLoss operator +(PowerLoss a, PowerLoss b) => new(
        a.Sectors + b.Sectors, a.SectorsLost + b.SectorsLost, a.Sizes + b.Sizes, a.SizesLost + b.SizesLost,
        a.Names + b.Names, a.NamesLost + b.NamesLost, a.FilesGone + b.FilesGone);

    public override string ToString() =>
        $"{SectorsLost} of {Sectors} unflushed sectors lost, {SizesLost} of {Sizes} lengths, {NamesLost} of {Names} names";

    [GeneratedRegex(@"(?<==)\d+")]
    private static partial Regex Number();
}
