using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Webhooks;

/// <summary>
/// Verifies signatures over the bytes as they came: HMAC-SHA256 in all schemes. Every secret is tried with every signature, each comparison
/// takes the same time whatever differs, and schemes with a time refuse what is older or newer than five minutes.
/// </summary>
/// <remarks>
/// Sources: standardwebhooks.com, docs.github.com "Validating webhook deliveries", docs.stripe.com "Verify the signature manually",
/// shopify.dev "Verify the origin", api.slack.com "Verifying requests from Slack".
/// </remarks>
internal static class WebhookSignature
{
    private static readonly TimeSpan AgeMax = TimeSpan.FromMinutes(5);

    /// <summary>Whether one of the profile's secrets signed the body, not too long ago.</summary>
    internal static bool Verifies(WebhookProfile profile, IHeaderDictionary headers, ReadOnlySpan<byte> body, DateTimeOffset now)
    {
        switch (profile.Scheme)
        {
            case WebhookScheme.GitHub:
                return Matches(profile, "", body, Prefixed(headers["X-Hub-Signature-256"].ToString(), "sha256="));
            case WebhookScheme.Shopify:
                return Matches(profile, "", body, [headers["X-Shopify-Hmac-Sha256"].ToString()]);
            case WebhookScheme.Hmac:
                var signature = headers[profile.Header].ToString();
                var isNamed = signature.StartsWith("sha256=", StringComparison.OrdinalIgnoreCase);
                return Matches(profile, "", body, [isNamed ? signature[7..] : signature]);
            case WebhookScheme.Slack:
                var sent = headers["X-Slack-Request-Timestamp"].ToString();
                return IsFresh(sent, now)
                    && Matches(profile, $"v0:{sent}:", body, Prefixed(headers["X-Slack-Signature"].ToString(), "v0="));
            case WebhookScheme.Stripe:
                var parts = headers["Stripe-Signature"].ToString().Split(',', StringSplitOptions.TrimEntries);
                var signed = Array.Find(parts, part => part.StartsWith("t=", StringComparison.Ordinal))?[2..] ?? "";
                return IsFresh(signed, now)
                    && Matches(profile, signed + ".", body, parts.SelectMany(part => Prefixed(part, "v1=")));
            case WebhookScheme.Standard:
                var stamp = Standard(headers, "timestamp");
                var signatures = Standard(headers, "signature").Split(' ', StringSplitOptions.RemoveEmptyEntries);
                return IsFresh(stamp, now) && Standard(headers, "id") is { Length: > 0 } id
                    && Matches(profile, $"{id}.{stamp}.", body, signatures.SelectMany(part => Prefixed(part, "v1,")));
            default:
                return false;
        }
    }

    /// <summary>A header of Standard Webhooks, by its own name or by Svix's.</summary>
    internal static string Standard(IHeaderDictionary headers, string name) =>
        headers["webhook-" + name] is { Count: > 0 } own ? own.ToString() : headers["svix-" + name].ToString();

    private static IEnumerable<string> Prefixed(string text, string prefix) =>
        text.StartsWith(prefix, StringComparison.Ordinal) ? [text[prefix.Length..]] : [];

    private static bool IsFresh(string unixSeconds, DateTimeOffset now) =>
        long.TryParse(unixSeconds, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds)
        && Math.Abs(now.ToUnixTimeSeconds() - (double)seconds) <= AgeMax.TotalSeconds;

    private static bool Matches(WebhookProfile profile, string before, ReadOnlySpan<byte> body, IEnumerable<string> signatures)
    {
        var shown = signatures.Select(Decode).ToList();
        var matches = false;
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        foreach (var secret in profile.Secrets)
        {
            using var hmac = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, secret);
            hmac.AppendData(Encoding.UTF8.GetBytes(before));
            hmac.AppendData(body);
            hmac.GetHashAndReset(digest);
            foreach (var signature in shown)
            {
                matches |= CryptographicOperations.FixedTimeEquals(digest, signature);
            }
        }
        return matches;
    }

    // Hex of a SHA-256 has 64 digits, its Base64 44 characters: one is never taken for the other.
    private static byte[] Decode(string signature)
    {
        var bytes = new byte[SHA256.HashSizeInBytes];
        var whole = signature.Length == 64
            ? Convert.FromHexString(signature, bytes, out _, out var written) == System.Buffers.OperationStatus.Done
            : Convert.TryFromBase64String(signature.Length <= 44 ? signature : "", bytes, out written);
        return whole && written == bytes.Length ? bytes : [];
    }
}
