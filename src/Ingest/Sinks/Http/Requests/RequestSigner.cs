using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Ingest.Sinks.Http.Requests;

/// <summary>
/// Signs requests: <c>Ingest-Signature: t=UNIX-SECONDS,v1=HEX[,v1=HEX]</c>, each the HMAC-SHA256 of <c>t</c>, a full stop and the body
/// under one of the secrets. The time lets receivers refuse old requests that were recorded.
/// </summary>
internal static class RequestSigner
{
    internal const string Header = "Ingest-Signature";

    /// <summary>Shorter secrets can be guessed.</summary>
    internal const int SecretBytesMin = 16;

    internal static string Sign(IReadOnlyList<string> secrets, DateTimeOffset now, ReadOnlySpan<byte> body)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        var value = new StringBuilder("t=").Append(time);
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        foreach (var secret in secrets)
        {
            using var mac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(secret));
            mac.AppendData(Encoding.ASCII.GetBytes(time));
            mac.AppendData("."u8);
            mac.AppendData(body);
            mac.GetHashAndReset(hash);
            value.Append(",v1=").Append(Convert.ToHexStringLower(hash));
        }
        return value.ToString();
    }
}
