using System.Globalization;

namespace Ingest.Sinks.Files;

/// <summary>
/// Name of an output file: its first sequence number in 20 digits, so that names sort in order; behind it the generation, when events were
/// delivered once more: <c>00000000000000001842.ndjson</c>, <c>00000000000000000100-1.ndjson</c>.
/// </summary>
internal static class OutputName
{
    internal const string Extension = ".ndjson";

    private const int Digits = 20;

    internal static string Of(long firstSequence, int generation)
    {
        var number = firstSequence.ToString("D20", CultureInfo.InvariantCulture);
        return generation == 0 ? number + Extension : $"{number}-{generation.ToString(CultureInfo.InvariantCulture)}{Extension}";
    }

    internal static bool TryParse(string name, out (int Generation, long FirstSequence) parsed)
    {
        parsed = default;
        if (!name.EndsWith(Extension, StringComparison.Ordinal) || name.Length < Digits + Extension.Length)
        {
            return false;
        }
        var rest = name.AsSpan(Digits, name.Length - Digits - Extension.Length);
        var generation = 0;
        if (!rest.IsEmpty
            && (rest[0] != '-' || !int.TryParse(rest[1..], NumberStyles.None, CultureInfo.InvariantCulture, out generation)))
        {
            return false;
        }
        if (!long.TryParse(name.AsSpan(0, Digits), NumberStyles.None, CultureInfo.InvariantCulture, out var first))
        {
            return false;
        }
        parsed = (generation, first);
        return true;
    }
}
