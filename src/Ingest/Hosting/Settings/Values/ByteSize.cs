using System.Globalization;

namespace Ingest.Hosting.Settings.Values;

/// <summary>
/// Sizes as people write them: <c>65536</c>, <c>64KiB</c>, <c>64MiB</c>, <c>1GiB</c> (powers of 1,024), <c>64MB</c> (powers of 1,000).
/// </summary>
public static class ByteSize
{
    /// <summary>What an error says is allowed.</summary>
    public const string Expected = "a number of bytes such as 65536, 64KiB, 64MiB, 1GiB or 64MB";

    private static readonly (string Name, long Bytes)[] Units =
    [
        ("KiB", 1L << 10),
        ("MiB", 1L << 20),
        ("GiB", 1L << 30),
        ("TiB", 1L << 40),
        ("PiB", 1L << 50),
        ("KB", 1_000),
        ("MB", 1_000_000),
        ("GB", 1_000_000_000),
        ("TB", 1_000_000_000_000),
        ("PB", 1_000_000_000_000_000),
        ("B", 1),
    ];

    /// <summary>Reads a size. Fractions are allowed where they make whole bytes.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        var rest = text.AsSpan().Trim();
        bytes = 0;
        var factor = 1L;
        foreach (var (name, size) in Units)
        {
            if (rest.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                rest = rest[..^name.Length].TrimEnd();
                factor = size;
                break;
            }
        }
        const NumberStyles style = NumberStyles.AllowDecimalPoint | NumberStyles.AllowLeadingSign;
        if (!decimal.TryParse(rest, style, CultureInfo.InvariantCulture, out var number)
            || Math.Abs(number) > long.MaxValue / factor
            || number * factor != decimal.Truncate(number * factor))
        {
            return false;
        }
        bytes = (long)(number * factor);
        return true;
    }

    /// <summary>The largest binary unit that divides it: <c>64MiB</c>, or the plain number.</summary>
    public static string Format(long bytes)
    {
        for (var index = 4; index >= 0; index--)
        {
            var (name, size) = Units[index];
            if (bytes != 0 && bytes % size == 0)
            {
                return (bytes / size).ToString(CultureInfo.InvariantCulture) + name;
            }
        }
        return bytes.ToString(CultureInfo.InvariantCulture);
    }
}
