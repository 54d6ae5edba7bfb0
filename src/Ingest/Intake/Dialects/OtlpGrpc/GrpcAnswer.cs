using System.Buffers;
using System.Text;
using Ingest.Intake.Dialects.Otlp;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.OtlpGrpc;

/// <summary>Answers of gRPC: HTTP's status is always 200, and the call's own is in the trailers.</summary>
internal static class GrpcAnswer
{
    private const string Status = "grpc-status";

    // Not compressed, no byte: a message without fields.
    private static ReadOnlySpan<byte> EmptyMessage => [0, 0, 0, 0, 0];

    /// <summary>An empty message and the status OK.</summary>
    internal static void Accept(HttpContext context)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcRequest.ContentType;
        response.BodyWriter.Write(EmptyMessage);
        response.AppendTrailer(Status, DialectResponse.Text(OtlpStatus.Ok));
    }

    /// <summary>A status without a message: trailers alone, which take the place of the headers.</summary>
    /// <param name="context">The request and its answer.</param>
    /// <param name="code">google.rpc.Code.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="retrySeconds">Where above 0, the details say when the call may be made again.</param>
    internal static void Refuse(HttpContext context, int code, string message, int retrySeconds = 0)
    {
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = GrpcRequest.ContentType;
        response.Headers[Status] = DialectResponse.Text(code);
        response.Headers["grpc-message"] = PercentEncoded(message);
        if (retrySeconds > 0)
        {
            // Base64 without padding, as headers that end in -bin are.
            response.Headers["grpc-status-details-bin"] =
                Convert.ToBase64String(OtlpStatus.Encode(code, message, retrySeconds)).TrimEnd('=');
        }
    }

    /// <summary>Text as <c>grpc-message</c> has it: printable ASCII but the percent sign, and bytes of UTF-8 as %XX.</summary>
    internal static string PercentEncoded(string text)
    {
        var encoded = new StringBuilder(text.Length);
        foreach (var unit in Encoding.UTF8.GetBytes(text))
        {
            if (unit is >= 0x20 and <= 0x7E and not (byte)'%')
            {
                encoded.Append((char)unit);
            }
            else
            {
                encoded.Append('%').Append(unit.ToString("X2", System.Globalization.CultureInfo.InvariantCulture));
            }
        }
        return encoded.ToString();
    }
}
