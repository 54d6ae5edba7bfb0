using System.Text;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Otlp;

/// <summary>Refusals as <c>google.rpc.Status</c>, which OTLP has in its answers over HTTP and in the trailers of gRPC.</summary>
internal static class OtlpStatus
{
    // google.rpc.Code
    internal const int Ok = 0;
    internal const int InvalidArgument = 3;
    internal const int PermissionDenied = 7;
    internal const int ResourceExhausted = 8;
    internal const int Unimplemented = 12;
    internal const int Internal = 13;
    internal const int Unavailable = 14;
    internal const int Unauthenticated = 16;

    /// <summary>
    /// Longest wait a client is told, in seconds. Some take a longer one for final: it exceeds what is left of their 10 s.
    /// </summary>
    internal const int RetrySecondsMax = 2;

    private const int TextBytesMax = 16_000;

    private static ReadOnlySpan<byte> RetryInfoType => "type.googleapis.com/google.rpc.RetryInfo"u8;

    /// <summary>The refusal as a sentence that begins with its code of <c>docs/errors.md</c>.</summary>
    internal static string Message(in Problem problem) => $"{problem.Kind.Code}: {problem.Detail}";

    /// <summary>A message of google.rpc.Status: <c>int32 code = 1; string message = 2; repeated Any details = 3</c>.</summary>
    /// <param name="code">google.rpc.Code.</param>
    /// <param name="message">What is wrong.</param>
    /// <param name="retrySeconds">
    /// Where above 0, the details are one RetryInfo (<c>Duration retry_delay = 1</c>) of so many seconds.
    /// </param>
    internal static byte[] Encode(int code, string message, int retrySeconds = 0)
    {
        var text = Encoding.UTF8.GetBytes(message);
        byte[] status = [0x08, (byte)code, .. Field(2, text.AsSpan(0, Math.Min(text.Length, TextBytesMax)))];
        if (retrySeconds <= 0)
        {
            return status;
        }
        byte[] retryInfo = [.. Field(1, [0x08, (byte)retrySeconds])];
        return [.. status, .. Field(3, [.. Field(1, RetryInfoType), .. Field(2, retryInfo)])];
    }

    /// <summary>The code of a refusal over HTTP; gRPC has a table of its own for what is too large.</summary>
    internal static int Code(ProblemKind kind, bool isLater) => kind.Status switch
    {
        _ when isLater => Unavailable,
        StatusCodes.Status401Unauthorized => Unauthenticated,
        StatusCodes.Status403Forbidden => PermissionDenied,
        StatusCodes.Status413PayloadTooLarge => ResourceExhausted,
        StatusCodes.Status408RequestTimeout => Unavailable,
        >= StatusCodes.Status500InternalServerError => Internal,
        _ => InvalidArgument,
    };

    /// <summary>A field of bytes: its tag, its length and the bytes, fewer than 16,384.</summary>
    private static byte[] Field(int number, ReadOnlySpan<byte> value)
    {
        var tag = (byte)((number << 3) | 2);
        return value.Length < 128
            ? [tag, (byte)value.Length, .. value]
            : [tag, (byte)(value.Length & 0x7F | 0x80), (byte)(value.Length >> 7), .. value];
    }
}
