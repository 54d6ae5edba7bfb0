using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Snowplow;

/// <summary>Answers that Snowplow's trackers understand.</summary>
/// <remarks>
/// Trackers drop events for 400, 401, 403, 410 and 422 and keep them for every other status. They send an event that is refused with 413
/// again for ever, in a batch that grows (node tracker 4.8.0): what will never be taken is 422 unless it is one of those they know.
/// </remarks>
internal static class SnowplowAnswers
{
    // One transparent pixel, 43 bytes (GIF89a).
    private static ReadOnlySpan<byte> Pixel =>
    [
        0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff, 0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c,
        0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
    ];

    internal static void Accept(HttpContext context) =>
        DialectResponse.Write(context, StatusCodes.Status200OK, "text/plain; charset=utf-8", "ok"u8);

    internal static void AcceptPixel(HttpContext context) => DialectResponse.Write(context, StatusCodes.Status200OK, "image/gif", Pixel);

    internal static void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status503ServiceUnavailable
            : kind.Status is 400 or 401 or 403 ? kind.Status
            : StatusCodes.Status422UnprocessableEntity;
        DialectResponse.Write(
            context, status, "text/plain; charset=utf-8", Encoding.UTF8.GetBytes($"{kind.Code}: {refusal.Problem.Detail}\n"));
    }
}
