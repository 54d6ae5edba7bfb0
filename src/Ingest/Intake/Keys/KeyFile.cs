using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Events;
using Ingest.Health;

namespace Ingest.Intake.Keys;

/// <summary>Reads the file of keys: digests, names, streams and quotas. It holds no key.</summary>
internal static partial class KeyFile
{
    /// <summary>Most bytes of the file.</summary>
    internal const int BytesMax = 64 * 1024 * 1024;

    private const double DefaultBurstSeconds = 5;

    /// <summary>The bytes of the file.</summary>
    /// <exception cref="IOException">It is too large or cannot be read.</exception>
    internal static byte[] Read(string path) => BoundedFile.Read(path, BytesMax);

    /// <summary>The ring the file describes. Keys whose quota is what it was keep what they have used of it.</summary>
    /// <exception cref="FormatException">It is no such file; the message says where and why.</exception>
    internal static KeyRing Parse(ReadOnlySpan<byte> json, KeyRing before, TimeProvider time)
    {
        Document document;
        try
        {
            document = JsonSerializer.Deserialize(json, KeyFileJson.Default.Document) ?? throw new FormatException("It is null.");
        }
        catch (JsonException e)
        {
            throw new FormatException($"Line {e.LineNumber + 1}, byte {e.BytePositionInLine + 1}, at {e.Path}: {e.Message}", e);
        }
        var seen = new HashSet<string>(StringComparer.OrdinalIgnoreCase);
        // A member that must be there may be null all the same, and so may an element.
        if (document.Keys is not { } keys)
        {
            throw new FormatException("keys must be an array.");
        }
        return new KeyRing([.. keys.Select((key, index) => Entry(key, index, seen, before, time))]);
    }

    private static KeyEntry Entry(Key? key, int index, HashSet<string> seen, KeyRing before, TimeProvider time)
    {
        if (key is null)
        {
            throw new FormatException($"keys[{index}] must be an object.");
        }
        if (key.Name is not { Length: > 0 and <= 128 })
        {
            throw Wrong(index, "name", "must have 1 to 128 characters");
        }
        if (key.Sha256 is not { Length: 64 } || !key.Sha256.All(char.IsAsciiHexDigit))
        {
            throw Wrong(index, "sha256", "must be 64 hexadecimal digits");
        }
        if (!seen.Add(key.Sha256))
        {
            throw Wrong(index, "sha256", "is there twice");
        }
        if (WrongStream(key.Streams) is { } wrong)
        {
            throw Wrong(index, "streams", $"has \"{wrong}\", which is no stream's name");
        }
        if (key.EventsPerSecond < 0 || key.BytesPerSecond < 0 || key.BurstSeconds is < 0 or > 86_400)
        {
            throw Wrong(index, "eventsPerSecond, bytesPerSecond or burstSeconds", "is out of range: at least 0, a burst at most a day");
        }
        var digest = Convert.FromHexString(key.Sha256);
        var rates = new KeyRates(key.EventsPerSecond, key.BytesPerSecond, key.BurstSeconds ?? DefaultBurstSeconds);
        var old = before.Find(digest);
        var quota = old?.Rates == rates ? old.Producer.Quota : NewQuota(rates, time);
        var streams = key.Streams is null || key.Streams.Contains("*")
            ? null
            : key.Streams.OfType<string>().ToHashSet(StringComparer.Ordinal);
        return new KeyEntry(digest, new Producer(key.Name, streams, quota), rates);
    }

    private static string? WrongStream(string?[]? streams) =>
        streams?.Where(stream => stream != "*" && !StreamName.IsValid(stream)).Select(stream => stream ?? "null").FirstOrDefault();

    private static Quota? NewQuota(KeyRates rates, TimeProvider time) => rates is { EventsPerSecond: 0, BytesPerSecond: 0 }
        ? null
        : new Quota(Bucket(rates.EventsPerSecond, rates.BurstSeconds, time), Bucket(rates.BytesPerSecond, rates.BurstSeconds, time));

    private static RateBucket? Bucket(double perSecond, double burstSeconds, TimeProvider time) =>
        perSecond > 0 ? new RateBucket(perSecond, perSecond * burstSeconds, least: 1, time) : null;

    private static FormatException Wrong(int index, string member, string why) => new($"keys[{index}]: {member} {why}.");

    private sealed class Document
    {
        public required Key?[]? Keys { get; init; }
    }

    private sealed class Key
    {
        public required string? Name { get; init; }

        public required string? Sha256 { get; init; }

        public string?[]? Streams { get; init; }

        public double EventsPerSecond { get; init; }

        public double BytesPerSecond { get; init; }

        public double? BurstSeconds { get; init; }
    }

    [JsonSerializable(typeof(Document))]
    [JsonSourceGenerationOptions(
        PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        ReadCommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true)]
    private sealed partial class KeyFileJson : JsonSerializerContext;
}
