using System.Security.Cryptography;
using System.Text;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Keys;

/// <summary>Finds the key a request shows, in any of the places producers have for it, and digests it at once.</summary>
internal static class KeyDigest
{
    /// <summary>Most bytes of a key.</summary>
    internal const int KeyBytesMax = 4096;

    private const string Bearer = "Bearer ";
    private const string Basic = "Basic ";

    /// <summary>SHA-256 of the key, into <paramref name="digest"/>. False: the request shows none.</summary>
    internal static bool TryRead(IHeaderDictionary headers, Span<byte> digest)
    {
        if (headers.TryGetValue(IntakeHeaders.ApiKey, out var apiKey) && apiKey.Count == 1)
        {
            return TryDigest(apiKey.ToString().AsSpan().Trim(), digest);
        }
        var authorization = headers.Authorization;
        var text = authorization.Count == 1 ? authorization.ToString() : "";
        if (text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase))
        {
            return TryDigest(text.AsSpan(Bearer.Length).Trim(), digest);
        }
        return text.StartsWith(Basic, StringComparison.OrdinalIgnoreCase) && TryDigestUser(text.AsSpan(Basic.Length).Trim(), digest);
    }

    /// <summary>The bearer token, for asking its issuer about it; null where the request shows a key in another form.</summary>
    internal static string? BearerToken(IHeaderDictionary headers)
    {
        var authorization = headers.Authorization;
        var text = authorization.Count == 1 ? authorization.ToString() : "";
        return text.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase) && text.Length is > 7 and <= KeyBytesMax
            ? text[Bearer.Length..].Trim()
            : null;
    }

    /// <summary>SHA-256 of a key. False: it is empty or too long to be one.</summary>
    internal static bool TryDigest(ReadOnlySpan<char> key, Span<byte> digest)
    {
        Span<byte> utf8 = stackalloc byte[KeyBytesMax];
        if (key.IsEmpty || !Encoding.UTF8.TryGetBytes(key, utf8, out var length))
        {
            return false;
        }
        SHA256.HashData(utf8[..length], digest);
        return true;
    }

    /// <summary>Digests the user's name of Basic credentials: clients without a setting for a key can send it so.</summary>
    private static bool TryDigestUser(ReadOnlySpan<char> credentials, Span<byte> digest)
    {
        Span<byte> utf8 = stackalloc byte[KeyBytesMax];
        if (!Convert.TryFromBase64Chars(credentials, utf8, out var length))
        {
            return false;
        }
        var colon = utf8[..length].IndexOf((byte)':');
        if (colon <= 0)
        {
            return false;
        }
        SHA256.HashData(utf8[..colon], digest);
        return true;
    }
}
