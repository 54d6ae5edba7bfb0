using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Ingest.Testing;

/// <summary>A line the file sink wrote.</summary>
/// <param name="File">Its file, as stream/name.</param>
/// <param name="Stream">The stream: the name of the file's directory.</param>
/// <param name="Sequence">The event's number in the node's log.</param>
/// <param name="Key">The event's key; empty: none.</param>
/// <param name="Opaque">The payload came as base64.</param>
/// <param name="Payload">The payload's bytes; valid until the next line is read.</param>
public readonly record struct DeliveredEvent(
    string File,
    string Stream,
    long Sequence,
    string Key,
    bool Opaque,
    ReadOnlyMemory<byte> Payload);

/// <summary>Reads what the file sink wrote, independently of the code that wrote it.</summary>
public static class DeliveredEvents
{
    private const int BlockBytes = 1024 * 1024;

    // Deeper than any node takes.
    private const int DepthMax = 1024;

    /// <summary>All lines below <paramref name="directory"/>, per stream in the order of files and lines.</summary>
    /// <exception cref="InvalidDataException">A line is torn or not what the format says.</exception>
    public static void Read(string directory, Action<DeliveredEvent> line)
    {
        if (!Directory.Exists(directory))
        {
            return;
        }
        foreach (var stream in Directory.EnumerateDirectories(directory).Order(StringComparer.Ordinal))
        {
            foreach (var file in Files(stream))
            {
                ReadFile(file, Path.GetFileName(stream), line);
            }
        }
    }

    /// <summary>The number of the event a line holds.</summary>
    /// <exception cref="FormatException">The line does not begin with one.</exception>
    public static long SequenceOf(string line)
    {
        const string Begin = "{\"seq\":";
        var end = line.IndexOf(',', StringComparison.Ordinal);
        return line.StartsWith(Begin, StringComparison.Ordinal) && end > Begin.Length
            ? long.Parse(line.AsSpan(Begin.Length, end - Begin.Length), CultureInfo.InvariantCulture)
            : throw new FormatException("No sequence number at the beginning.");
    }

    /// <summary>In the order of the sequence numbers they are named by; of one number, in the order of the generation behind it.</summary>
    private static IEnumerable<string> Files(string stream) =>
        Directory.EnumerateFiles(stream, "*.ndjson")
            .Select(file => (File: file, Name: Path.GetFileNameWithoutExtension(file).Split('-')))
            .OrderBy(entry => long.Parse(entry.Name[0], CultureInfo.InvariantCulture))
            .ThenBy(entry => entry.Name.Length > 1 ? int.Parse(entry.Name[1], CultureInfo.InvariantCulture) : 0)
            .Select(entry => entry.File);

    private static void ReadFile(string path, string stream, Action<DeliveredEvent> line)
    {
        using var file = File.OpenRead(path);
        var name = $"{stream}/{Path.GetFileName(path)}";
        var buffer = new byte[BlockBytes];
        var count = 0;
        while (file.Read(buffer, count, buffer.Length - count) is var read and > 0)
        {
            count += read;
            var start = 0;
            while (buffer.AsSpan(start, count - start).IndexOf((byte)'\n') is var length and >= 0)
            {
                line(Parse(name, stream, buffer.AsMemory(start, length)));
                start += length + 1;
            }
            buffer.AsSpan(start, count - start).CopyTo(buffer);
            count -= start;
            if (count == buffer.Length)
            {
                Array.Resize(ref buffer, buffer.Length * 2);
            }
        }
        if (count > 0)
        {
            throw new InvalidDataException($"{name} ends in the middle of a line: {Start(buffer.AsSpan(0, count))}");
        }
    }

    private static DeliveredEvent Parse(string file, string stream, ReadOnlyMemory<byte> line)
    {
        try
        {
            return ParseLine(file, stream, line);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"{file} holds a line that is not one: {Start(line.Span)}", e);
        }
    }

    private static string Start(ReadOnlySpan<byte> bytes) => Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, 200)]);

    private static DeliveredEvent ParseLine(string file, string stream, ReadOnlyMemory<byte> line)
    {
        var delivered = new DeliveredEvent(file, stream, 0, "", false, default);
        var reader = new Utf8JsonReader(line.Span, new JsonReaderOptions { MaxDepth = DepthMax });
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var name = reader.GetString();
            reader.Read();
            var start = (int)reader.TokenStartIndex;
            switch (name)
            {
                case "seq":
                    delivered = delivered with { Sequence = reader.GetInt64() };
                    break;
                case "key":
                    delivered = delivered with { Key = reader.GetString() ?? "" };
                    break;
                case "data":
                    reader.Skip();
                    delivered = delivered with { Payload = line[start..(int)reader.BytesConsumed] };
                    break;
                case "data_base64":
                    delivered = delivered with { Payload = reader.GetBytesFromBase64(), Opaque = true };
                    break;
                default:
                    reader.Skip();
                    break;
            }
        }
        return delivered.Sequence > 0 && reader.TokenType == JsonTokenType.EndObject && (int)reader.BytesConsumed == line.Length
            ? delivered
            : throw new FormatException("No sequence number, or no end.");
    }
}
