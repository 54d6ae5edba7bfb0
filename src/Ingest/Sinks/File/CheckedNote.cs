using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>
/// Notes that are JSON objects whose last member, <c>check</c>, is the CRC-32C of everything before it. A flipped digit is still a number,
/// and would have events taken for held.
/// </summary>
internal static class CheckedNote
{
    private static ReadOnlySpan<byte> Begins => ",\"check\":\""u8;

    /// <summary>Replaces <paramref name="name"/> durably.</summary>
    /// <exception cref="StorageException">It could not be stored; the old content is still there.</exception>
    internal static void Write<T>(IWalDirectory directory, string folder, string name, T content, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(content, type).AsSpan();
        AtomicFile.Write(directory, AtomicFile.In(folder, name), [.. json[..^1], .. Check(json[..^1])]);
    }

    /// <summary>The content, or null when there is none. Notes of earlier versions have no check.</summary>
    /// <exception cref="JsonException">It is not as it was written.</exception>
    /// <exception cref="StorageException">It could not be read.</exception>
    internal static T? Read<T>(IWalDirectory directory, string folder, string name, JsonTypeInfo<T> type)
        where T : class
    {
        var json = AtomicFile.Read(directory, AtomicFile.In(folder, name));
        if (!Holds(json))
        {
            throw new JsonException("it is not as it was written");
        }
        return json.Length == 0 ? null : JsonSerializer.Deserialize(json, type);
    }

    private static bool Holds(ReadOnlySpan<byte> json)
    {
        var end = json.LastIndexOf(Begins);
        return end < 0 || json[end..].SequenceEqual(Check(json[..end]));
    }

    private static byte[] Check(ReadOnlySpan<byte> content) =>
        [.. Begins, .. Encoding.ASCII.GetBytes(Crc32C.Compute(content).ToString("x8", CultureInfo.InvariantCulture)), .. "\"}"u8];
}
