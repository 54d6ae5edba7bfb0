using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects;

/// <summary>Writes a dialect's answers: whole, with their length, without flushing.</summary>
public static class DialectResponse
{
    /// <summary>Writes status, type and body.</summary>
    public static void Write(HttpContext context, int status, string contentType, ReadOnlySpan<byte> body)
    {
        ArgumentNullException.ThrowIfNull(context);
        var response = context.Response;
        response.StatusCode = status;
        response.ContentType = contentType;
        response.ContentLength = body.Length;
        if (!HttpMethods.IsHead(context.Request.Method))
        {
            response.BodyWriter.Write(body);
        }
    }

    /// <summary>Writes a JSON body that was put together as text.</summary>
    public static void WriteJson(HttpContext context, int status, string json) =>
        Write(context, status, "application/json", Encoding.UTF8.GetBytes(json));

    /// <summary>Writes an answer without a body.</summary>
    public static void WriteEmpty(HttpContext context, int status)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Response.StatusCode = status;
        if (status != StatusCodes.Status204NoContent)
        {
            context.Response.ContentLength = 0;
        }
    }

    /// <summary>A text as JSON, with its quotes.</summary>
    public static string Quoted(string text) => "\"" + JsonEncodedText.Encode(text, JavaScriptEncoder.UnsafeRelaxedJsonEscaping) + "\"";

    /// <summary>A number as text.</summary>
    public static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
