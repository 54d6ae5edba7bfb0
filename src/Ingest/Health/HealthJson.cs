using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Health.Disk;
using Ingest.Health.Memory;

namespace Ingest.Health;

/// <summary>Writes the answers: made when something changes, so that a probe only copies bytes.</summary>
internal static class HealthJson
{
    // Answers are JSON by content type and never put into a page; quotes in a reason should stay readable.
    private static readonly JsonWriterOptions Format = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    internal static HealthAnswer Short(string status, IReadOnlyList<HealthReason> reasons) =>
        Answer(reasons.Count == 0, json =>
        {
            json.WriteString("status", status);
            WriteReasons(json, reasons);
        });

    internal static HealthAnswer Detail(string status, IReadOnlyList<HealthReason> reasons, HealthSample sample) =>
        Answer(reasons.Count == 0, json =>
        {
            json.WriteString("status", status);
            WriteReasons(json, reasons);
            WriteMemory(json, sample);
            WriteDisk(json, sample);
            WriteLog(json, sample);
            WriteLanes(json, sample.Lanes);
            json.WriteString("drain", sample.Drain.Phase);
            json.WriteNumber("uptimeSeconds", (long)sample.Uptime.TotalSeconds);
            json.WriteString("version", sample.Version);
        });

    private static HealthAnswer Answer(bool good, Action<Utf8JsonWriter> members)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, Format))
        {
            json.WriteStartObject();
            members(json);
            json.WriteEndObject();
        }
        return new HealthAnswer(good ? 200 : 503, buffer.WrittenSpan.ToArray());
    }

    private static void WriteReasons(Utf8JsonWriter json, IReadOnlyList<HealthReason> reasons)
    {
        json.WriteStartArray("reasons");
        foreach (var reason in reasons)
        {
            json.WriteStartObject();
            json.WriteString("code", reason.Code);
            json.WriteString("detail", reason.Detail);
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteMemory(Utf8JsonWriter json, HealthSample sample)
    {
        var memory = sample.Memory;
        json.WriteStartObject("memory");
        json.WriteString("state", sample.MemoryState == MemoryState.Good ? "good" : "failing");
        json.WriteNumber("ratio", Math.Round(memory.Ratio, 4));
        json.WriteNumber("anon", memory.Anonymous);
        json.WriteNumber("limit", memory.Limit);
        json.WriteString("limitSource", memory.LimitSource ?? "unknown");
        json.WriteNumber("gcHeap", memory.GcHeap);
        json.WriteNumber("gcLimit", memory.GcLimit);
        json.WriteEndObject();
    }

    private static void WriteDisk(Utf8JsonWriter json, HealthSample sample)
    {
        json.WriteStartObject("disk");
        json.WriteString("state", sample.DiskState == DiskState.Good ? "good" : "refusing");
        WriteNumberOrNull(json, "free", sample.DiskFree);
        WriteNumberOrNull(json, "total", sample.DiskTotal);
        json.WriteEndObject();
    }

    private static void WriteLog(Utf8JsonWriter json, HealthSample sample)
    {
        if (sample.Log is not { } log)
        {
            json.WriteNull("log");
            return;
        }
        json.WriteStartObject("log");
        json.WriteNumber("bytes", log.Bytes);
        json.WriteNumber("bytesMax", log.BytesMax);
        json.WriteNumber("durable", log.Durable);
        json.WriteNumber("pending", log.Pending);
        json.WriteNumber("oldestSeconds", Math.Round(log.OldestAge.TotalSeconds, 3));
        json.WriteNumber("settledPerSecond", Math.Round(sample.SettledPerSecond, 1));
        json.WriteEndObject();
    }

    private static void WriteLanes(Utf8JsonWriter json, IReadOnlyList<LaneHealth> lanes)
    {
        json.WriteStartArray("lanes");
        foreach (var lane in lanes)
        {
            json.WriteStartObject();
            json.WriteString("name", lane.Name);
            json.WriteString("state", lane.State);
            json.WriteNumber("pending", lane.Pending);
            if (lane.Detail is { } detail)
            {
                json.WriteString("detail", detail);
            }
            json.WriteEndObject();
        }
        json.WriteEndArray();
    }

    private static void WriteNumberOrNull(Utf8JsonWriter json, string name, long? number)
    {
        if (number is { } value)
        {
            json.WriteNumber(name, value);
        }
        else
        {
            json.WriteNull(name);
        }
    }
}
