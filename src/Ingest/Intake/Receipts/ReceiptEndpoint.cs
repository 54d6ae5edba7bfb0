using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Ingest.Intake.Admission;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Receipts;

/// <summary>
/// Says what became of events that were accepted, by their numbers: at each lane so many delivered, pending, parked, dead-lettered and
/// dropped. It takes a key that may send.
/// </summary>
internal sealed class ReceiptEndpoint(
    IDeliveries deliveries, RequestAdmission admission, IntakeOptions options, Refusals refusals, RequestMetrics metrics)
{
    /// <summary>The route.</summary>
    internal const string Pattern = "/v1/receipts/{range}";

    private const string Identity = "of";

    /// <summary>Where a range is asked for.</summary>
    /// <param name="first">The first event.</param>
    /// <param name="last">The last event.</param>
    /// <param name="identity">The identity under which the first got its number.</param>
    internal static string Address(long first, long last, string identity) =>
        string.Create(CultureInfo.InvariantCulture, $"/v1/receipts/{first}-{last}?{Identity}={identity}");

    /// <summary>Answers 200 with the counts, or says what is wrong.</summary>
    internal async Task HandleAsync(HttpContext context)
    {
        var started = metrics.Start();
        var method = context.Request.Method;
        if (!HttpMethods.IsGet(method) && !HttpMethods.IsHead(method))
        {
            context.Response.Headers.Allow = IntakeEndpoint.ReadMethods;
            var notRead = new Problem(ProblemKind.MethodNotAllowed, "This path is only read.");
            await refusals.AnswerAsync(context, notRead, Pattern, started);
            return;
        }
        var problem = await admission.IdentifyAsync(context.Request);
        var (first, last) = (0L, 0L);
        problem = problem.IsNone ? ReadRange(context.Request.RouteValues["range"] as string ?? "", out first, out last) : problem;
        if (!problem.IsNone)
        {
            await refusals.AnswerAsync(context, problem, Pattern, started);
            return;
        }
        var identity = context.Request.Query[Identity].ToString();
        var isOfThisLog = identity.Length == 0 || identity == deliveries.IdentityOf(first);
        await WriteAsync(context, first, last, isOfThisLog);
        metrics.Answered(method, Pattern, StatusCodes.Status200OK, started);
    }

    private Problem ReadRange(string range, out long first, out long last)
    {
        (first, last) = (0, 0);
        var dash = range.IndexOf('-', StringComparison.Ordinal);
        return dash < 1 || !TryRead(range.AsSpan(0, dash), out first) || !TryRead(range.AsSpan(dash + 1), out last) || last < first
            ? new Problem(ProblemKind.BadRequest, "The range is FIRST-LAST, as in the answer that accepted the events.")
            : last - first >= options.EventsPerRequestMax
            ? new Problem(ProblemKind.BadRequest, "The range has more events than a request may bring (Intake:EventsPerRequestMax).")
            : default;
    }

    private static bool TryRead(ReadOnlySpan<char> text, out long number) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0;

    private async Task WriteAsync(HttpContext context, long first, long last, bool isOfThisLog)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Write(writer, first, last, isOfThisLog);
        }
        var response = context.Response;
        response.ContentType = "application/json";
        response.ContentLength = buffer.WrittenCount;
        response.Headers.CacheControl = "no-store";
        response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(buffer.WrittenMemory);
        }
    }

    private void Write(Utf8JsonWriter writer, long first, long last, bool isOfThisLog)
    {
        var count = last - first + 1;
        var lanes = deliveries.Receipts(first, last);
        writer.WriteStartObject();
        writer.WriteNumber("first"u8, first);
        writer.WriteNumber("last"u8, last);
        writer.WriteBoolean("delivered"u8, isOfThisLog && lanes.Count > 0 && lanes.All(lane => lane.Delivered == count));
        writer.WriteStartArray("lanes"u8);
        foreach (var lane in lanes)
        {
            var shown = isOfThisLog ? lane : new EventReceipt(lane.Lane, 0, 0, 0, 0, 0, count);
            writer.WriteStartObject();
            writer.WriteString("lane"u8, shown.Lane);
            writer.WriteNumber("delivered"u8, shown.Delivered);
            writer.WriteNumber("pending"u8, shown.Pending);
            writer.WriteNumber("parked"u8, shown.Parked);
            writer.WriteNumber("deadLettered"u8, shown.DeadLettered);
            writer.WriteNumber("dropped"u8, shown.Dropped);
            writer.WriteNumber("unknown"u8, shown.Unknown);
            writer.WriteEndObject();
        }
        writer.WriteEndArray();
        writer.WriteEndObject();
    }
}
