using System.Globalization;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Kafka;

/// <summary>
/// Reads one of <see cref="KafkaOptions.Options"/> as the native client would, and refuses what the client would take for something else.
/// </summary>
/// <remarks>
/// The client reads a whole number with <c>strtol</c>: up to the first character that is none, with a leading zero as octal, cut to
/// 32 bits.
/// So <c>10s</c> is 10 ms to it and <c>010</c> is 8. Here a duration or a size in the node's own units is converted to the option's unit,
/// which its name tells, and a number passes only if the client reads back the same digits.
/// </remarks>
internal static class ClientOption
{
    private const string KilobytesSuffix = ".kbytes";
    private const long BytesPerKilobyte = 1024;

    // Options in bytes whose names do not say so.
    private static readonly string[] SizesByOtherNames = ["batch.size"];

    /// <summary>Reads a value. The text the client is given, or what is wrong with it.</summary>
    internal static (string Effective, string? Fault) Read(string name, string value)
    {
        if (Librdkafka.Build is null || Librdkafka.IsManaged(name))
        {
            return (value, null);
        }
        var text = Convert(name, value);
        if (Librdkafka.FaultIn(name, text) is { } refused)
        {
            return (value, $"the Kafka client refuses it: {refused}");
        }
        var read = Librdkafka.ReadBack(name, text);
        return read is null || read == text || !IsNumber(read)
            ? (text, null)
            : (value, $"the Kafka client would read {read}. {Expected(name)}");
    }

    private static string Convert(string name, string value)
    {
        if (value.Length == 0 || !char.IsAsciiLetter(value[^1]))
        {
            return value;
        }
        if (IsDuration(name, out var unit) && Duration.TryParse(value, out var duration) && duration.Ticks % unit.Ticks == 0)
        {
            return (duration.Ticks / unit.Ticks).ToString(CultureInfo.InvariantCulture);
        }
        if (IsSize(name, out var size) && ByteSize.TryParse(value, out var bytes) && bytes % size == 0)
        {
            return (bytes / size).ToString(CultureInfo.InvariantCulture);
        }
        return value;
    }

    private static string Expected(string name) =>
        IsDuration(name, out var unit) ? $"It takes {Duration.Expected}, in whole {(unit.TotalSeconds < 1 ? "milliseconds" : "seconds")}."
        : IsSize(name, out var size) ? $"It takes {ByteSize.Expected}{(size > 1 ? ", in whole kibibytes" : "")}."
        : "It takes a whole number, without a unit and without leading zeros.";

    private static bool IsDuration(string name, out TimeSpan unit)
    {
        unit = name.EndsWith(".seconds", StringComparison.Ordinal) ? TimeSpan.FromSeconds(1) : TimeSpan.FromMilliseconds(1);
        return unit.TotalSeconds >= 1 || name.EndsWith(".ms", StringComparison.Ordinal);
    }

    private static bool IsSize(string name, out long unit)
    {
        unit = name.EndsWith(KilobytesSuffix, StringComparison.Ordinal) ? BytesPerKilobyte : 1;
        return unit > 1 || name.EndsWith(".bytes", StringComparison.Ordinal) || SizesByOtherNames.Contains(name);
    }

    private static bool IsNumber(string text) => long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _);
}
