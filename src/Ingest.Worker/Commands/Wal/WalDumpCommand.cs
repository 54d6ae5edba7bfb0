using System.Buffers;
using System.CommandLine;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Events;
using Ingest.Wal.Format;
using Ingest.Wal.Inspection;

namespace Ingest.Worker.Commands.Wal;

/// <summary><c>ingest wal dump</c>: the events as lines of JSON, and with <c>--frames</c> everything that is on disk.</summary>
internal static class WalDumpCommand
{
    private static readonly JsonWriterOptions Format = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    internal static Command Create()
    {
        var command = new Command("dump", "Print the events as lines of JSON, one each.");
        var directory = WalCommand.AddDirectory(command);
        var from = new Option<long>("--from")
        {
            HelpName = "SEQUENCE",
            Description = "The first event to print. Default 1.",
            DefaultValueFactory = _ => 1,
        }.IsFrom(1);
        var to = new Option<long>("--to")
        {
            HelpName = "SEQUENCE",
            Description = "The last event to print. Default: all.",
            DefaultValueFactory = _ => long.MaxValue,
        }.IsFrom(0);
        var frames = new Option<bool>("--frames")
        {
            Description = "Print every frame with its file and offset instead: records, commits, seals, damage.",
        };
        var stream = new Option<string?>("--stream") { HelpName = "S", Description = "Only events of this stream. Default: all." }
            .IsStream();
        command.Add(from);
        command.Add(to);
        command.Add(stream);
        command.Add(frames);
        command.SetAction(parsed => Run(
            parsed.GetRequiredValue(directory),
            parsed.GetValue(from),
            parsed.GetValue(to),
            Encoding.ASCII.GetBytes(parsed.GetValue(stream) ?? ""),
            parsed.GetValue(frames)));
        return command;
    }

    private static int Run(string path, long from, long to, byte[] stream, bool frames)
    {
        using var log = WalCommand.Open(path);
        WalCommand.RequireLog(LogInspector.Summarize(log));
        using var output = new BufferedStream(Console.OpenStandardOutput(), 64 * 1024);
        var line = new ArrayBufferWriter<byte>(4096);
        var damaged = false;
        foreach (var frame in LogInspector.Dump(log, from))
        {
            damaged |= !frame.Valid;
            if (frame.Sequence > to && frame.Type == FrameType.Record)
            {
                break;
            }
            if (frame.Sequence >= from && (frames || frame is { Type: FrameType.Record, Valid: true }) && IsOf(stream, frame))
            {
                line.ResetWrittenCount();
                using (var json = new Utf8JsonWriter(line, Format))
                {
                    Write(json, frame, frames);
                }
                output.Write(line.WrittenSpan);
                output.WriteByte((byte)'\n');
            }
        }
        return damaged ? ExitCode.NotFine : ExitCode.Fine;
    }

    private static bool IsOf(byte[] stream, in DumpedFrame frame) =>
        stream.Length == 0 || frame.Type != FrameType.Record
        || (StoredEvent.TryReadStream(frame.Body.Span, out var name) && name.SequenceEqual(stream));

    private static void Write(Utf8JsonWriter json, in DumpedFrame frame, bool withPlace)
    {
        json.WriteStartObject();
        if (withPlace)
        {
            json.WriteString("file", frame.File);
            json.WriteNumber("offset", frame.Offset);
            json.WriteNumber("bytes", frame.Bytes);
            json.WriteString("frame", frame.Type == FrameType.None ? "damage" : frame.Type.ToString().ToLowerInvariant());
            json.WriteBoolean("valid", frame.Valid);
        }
        json.WriteNumber("seq", frame.Sequence);
        if (frame.Records is { } records)
        {
            json.WriteNumber("records", records);
        }
        if (frame.UnixMs is { } committed)
        {
            json.WriteString("committed", EventTime.Text(committed));
        }
        if (frame.Type == FrameType.Record && frame.Valid)
        {
            WriteEvent(json, frame);
        }
        json.WriteEndObject();
    }

    private static void WriteEvent(Utf8JsonWriter json, in DumpedFrame frame)
    {
        if (!StoredEvent.TryRead(frame.Sequence, frame.Body, out var stored))
        {
            json.WriteBase64String("body_base64", frame.Body.Span);
            return;
        }
        json.WriteString("stream", stored.Stream);
        WriteText(json, "id", stored.Id);
        WriteText(json, "key", stored.Key);
        json.WriteString("time", EventTime.Text(stored.AcceptedUnixMs));
        WriteText(json, "type", stored.ContentType);
        if (stored.Attributes.GetEnumerator().MoveNext())
        {
            json.WriteStartObject("attributes");
            foreach (var attribute in stored.Attributes)
            {
                json.WriteString(attribute.Name, Encoding.UTF8.GetString(attribute.Value));
            }
            json.WriteEndObject();
        }
        if (stored.Format == EventFormat.Opaque)
        {
            json.WriteBase64String("data_base64", stored.Payload.Span);
            return;
        }
        json.WritePropertyName("data");
        json.WriteRawValue(OneLine(stored.Payload), skipInputValidation: true);
    }

    // As in the file sink's output: line breaks between JSON tokens become spaces. Inside of a string JSON allows none.
    private static ReadOnlySpan<byte> OneLine(ReadOnlyMemory<byte> payload)
    {
        if (!payload.Span.ContainsAny((byte)'\n', (byte)'\r'))
        {
            return payload.Span;
        }
        var copy = payload.ToArray();
        copy.AsSpan().ReplaceAny(SearchValues.Create("\r\n"u8), (byte)' ');
        return copy;
    }

    private static void WriteText(Utf8JsonWriter json, string name, ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > 0)
        {
            json.WriteString(name, utf8);
        }
    }
}
