using System.Globalization;

namespace Ingest.Kafka;

/// <summary>What a cluster knows of a lane: which events it has, and which process said so last. Written with each transaction.</summary>
/// <param name="Opening">Identity of the opening of the log by the process that wrote it.</param>
/// <param name="Owner">That process, for people: host, process id and a random part.</param>
/// <param name="Delivered">Which events it has, of those the lane may still send.</param>
internal sealed record Progress(Guid Opening, string Owner, DeliveredNumbers Delivered)
{
    private const string FirstVersion = "1";
    private const string Version = "2";
    private const int Parts = 4;

    // Added where every event up to the floor was delivered.
    private const string Whole = "whole";

    /// <summary>The offset that is committed: the number behind the last one delivered.</summary>
    internal long Offset => Math.Max(Delivered.Last, 0) + 1;

    /// <summary>Whether the cluster has an event.</summary>
    internal bool Holds(long sequence) => Delivered.Contains(sequence);

    /// <summary>The text beside the offset; brokers take 4,096 bytes of it by default.</summary>
    internal string Encode()
    {
        var numbers = Convert.ToBase64String(ProgressBytes.Write(Delivered));
        var whole = Delivered.IsWhole ? " " + Whole : "";
        return string.Create(CultureInfo.InvariantCulture, $"{Version} {Opening:N} {Owner} {numbers}{whole}");
    }

    /// <summary>Reads it. Null when it makes no sense.</summary>
    internal static Progress? Decode(string text)
    {
        var parts = text.Split(' ');
        var isWhole = parts.Length == Parts + 1 && parts[Parts] == Whole;
        if ((parts.Length != Parts && !isWhole) || parts[0] is not (FirstVersion or Version)
            || !Guid.TryParseExact(parts[1], "N", out var opening))
        {
            return null;
        }
        var content = parts[Parts - 1];
        var bytes = new byte[content.Length];
        return Convert.TryFromBase64String(content, bytes, out var length)
            && ProgressBytes.TryRead(bytes.AsSpan(0, length), isWhole, parts[0] == FirstVersion) is { } delivered
                ? new Progress(opening, parts[2], delivered)
                : null;
    }
}
