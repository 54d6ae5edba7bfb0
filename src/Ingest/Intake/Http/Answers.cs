using System.Buffers;
using System.Buffers.Text;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Ingest.Queue;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Http;

/// <summary>Writes the answers of intake: 202s and problems. Each is written once, whole, with its length.</summary>
internal static class Answers
{
    private const string ProblemType = "application/problem+json";

    private static readonly StringValues JsonType = "application/json";
    private static readonly byte[] Nothing = "{\"accepted\":0}"u8.ToArray();
    private static readonly string[] Seconds =
        [.. Enumerable.Range(0, 256).Select(second => second.ToString(CultureInfo.InvariantCulture))];

    /// <summary>202 with the numbers of the stored events.</summary>
    internal static Task AcceptedAsync(HttpContext context, int count, CommitReceipt receipt)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.ContentType = JsonType;
        var length = "{\"accepted\":,\"first\":,\"last\":}".Length + Digits(count) + Digits(receipt.First) + Digits(receipt.Last);
        response.ContentLength = length;
        // Started before the body is written, the server has no reason to keep the body aside until the headers are.
        var started = response.StartAsync();
        if (!started.IsCompletedSuccessfully)
        {
            return FinishAsync(started, response, length, count, receipt);
        }
        WriteAccepted(response, length, count, receipt);
        return Task.CompletedTask;
    }

    /// <summary>202 with the numbers of the stored events, and whether they are delivered.</summary>
    internal static async Task AcceptedAsync(HttpContext context, int count, CommitReceipt receipt, bool delivered)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.ContentType = JsonType;
        var body = Encoding.ASCII.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"{{\"accepted\":{count},\"first\":{receipt.First},\"last\":{receipt.Last},\"delivered\":{(delivered ? "true" : "false")}}}"));
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    /// <summary>202 for a repeat of events whose numbers in the log are not remembered any more.</summary>
    internal static async Task AcceptedBeforeAsync(HttpContext context, int count, bool saysDelivered)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.ContentType = JsonType;
        var delivered = saysDelivered ? ",\"delivered\":false" : "";
        var body = Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{{\"accepted\":{count}{delivered}}}"));
        response.ContentLength = body.Length;
        await response.BodyWriter.WriteAsync(body);
    }

    /// <summary>202 for a batch without events, where a batch may be one.</summary>
    internal static async Task NothingAcceptedAsync(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status202Accepted;
        response.Headers.ContentType = JsonType;
        response.ContentLength = Nothing.Length;
        await response.BodyWriter.WriteAsync(Nothing);
    }

    /// <summary>Anything else: application/problem+json. The caller has set what headers belong to the code.</summary>
    internal static async Task ProblemAsync(HttpContext context, Problem problem)
    {
        var response = context.Response;
        response.StatusCode = problem.Kind.Status;
        response.Headers.ContentType = ProblemType;
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var writer = new Utf8JsonWriter(buffer))
        {
            WriteProblem(writer, problem);
        }
        response.ContentLength = buffer.WrittenCount;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            await response.BodyWriter.WriteAsync(buffer.WrittenMemory);
        }
    }

    /// <summary>Asks the client not to use the connection again. HTTP/2 has no such header: the server says GOAWAY when it stops.</summary>
    internal static void CloseConnection(HttpContext context)
    {
        if (HttpProtocol.IsHttp11(context.Request.Protocol) || HttpProtocol.IsHttp10(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    /// <summary>A time in whole seconds, rounded up, as text.</summary>
    internal static string OfWholeSeconds(TimeSpan time) => ((long)Math.Ceiling(time.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    /// <summary>A whole number of seconds, at least 1, as text.</summary>
    internal static string OfSeconds(int seconds) =>
        seconds < Seconds.Length ? Seconds[Math.Max(seconds, 1)] : seconds.ToString(CultureInfo.InvariantCulture);

    private static async Task FinishAsync(Task started, HttpResponse response, int length, int count, CommitReceipt receipt)
    {
        await started;
        WriteAccepted(response, length, count, receipt);
    }

    private static void WriteAccepted(HttpResponse response, int length, int count, CommitReceipt receipt)
    {
        var rest = response.BodyWriter.GetSpan(length);
        rest = Append(rest, "{\"accepted\":"u8, count);
        rest = Append(rest, ",\"first\":"u8, receipt.First);
        rest = Append(rest, ",\"last\":"u8, receipt.Last);
        rest[0] = (byte)'}';
        // Not flushed: the server does so when the handler returns, once.
        response.BodyWriter.Advance(length);
    }

    private static Span<byte> Append(Span<byte> target, ReadOnlySpan<byte> name, long number)
    {
        name.CopyTo(target);
        Utf8Formatter.TryFormat(number, target[name.Length..], out var written);
        return target[(name.Length + written)..];
    }

    private static int Digits(long number)
    {
        var digits = 1;
        for (var rest = number; rest >= 10; rest /= 10)
        {
            digits++;
        }
        return digits;
    }

    private static void WriteProblem(Utf8JsonWriter writer, Problem problem)
    {
        writer.WriteStartObject();
        writer.WriteString("type"u8, problem.Kind.Type);
        writer.WriteString("title"u8, problem.Kind.Title);
        writer.WriteNumber("status"u8, problem.Kind.Status);
        writer.WriteString("code"u8, problem.Kind.Code);
        writer.WriteString("detail"u8, problem.Detail);
        if (problem.Expected is { } expected)
        {
            writer.WriteNumber("epoch"u8, expected.Epoch);
            writer.WriteNumber("expected"u8, expected.Next);
        }
        if (problem.Place is { } place)
        {
            writer.WriteNumber("offset"u8, place.Offset);
            if (place.Index >= 0)
            {
                WriteEvent(writer, problem, place);
            }
        }
        writer.WriteEndObject();
    }

    private static void WriteEvent(Utf8JsonWriter writer, in Problem problem, ProblemPlace place)
    {
        writer.WriteStartArray("errors"u8);
        writer.WriteStartObject();
        writer.WriteNumber("index"u8, place.Index);
        if (place.Line > 0)
        {
            writer.WriteNumber("line"u8, place.Line);
        }
        writer.WriteString("code"u8, problem.Kind.Code);
        writer.WriteString("detail"u8, problem.Detail);
        writer.WriteNumber("offset"u8, place.Offset);
        writer.WriteEndObject();
        writer.WriteEndArray();
    }
}
