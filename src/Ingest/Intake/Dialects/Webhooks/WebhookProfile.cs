using System.Text;

namespace Ingest.Intake.Dialects.Webhooks;

/// <summary>One hook: its name in the path, whose signatures it takes, with which secrets, and where its events go.</summary>
/// <param name="Name">Its name in the path.</param>
/// <param name="Scheme">Whose signatures it takes.</param>
/// <param name="Secrets">Any of them will do, so that one can be replaced without a gap.</param>
/// <param name="Stream">Where its events go.</param>
/// <param name="Header">Where the signature is, for <see cref="WebhookScheme.Hmac"/>.</param>
internal sealed record WebhookProfile(string Name, WebhookScheme Scheme, IReadOnlyList<byte[]> Secrets, string Stream, string Header)
{
    private const string StandardPrefix = "whsec_";

    /// <summary>The hooks the settings name.</summary>
    internal static Dictionary<string, WebhookProfile> Read(WebhooksDialectOptions options) =>
        options.Schemes.ToDictionary(
            pair => pair.Key,
            pair => new WebhookProfile(
                pair.Key,
                Enum.Parse<WebhookScheme>(pair.Value, ignoreCase: true),
                [.. Split(options.Secrets.TryGetValue(pair.Key, out var secrets) ? secrets : "").Select(Bytes)],
                options.Streams.TryGetValue(pair.Key, out var stream) ? stream : pair.Key,
                options.SignatureHeaders.TryGetValue(pair.Key, out var header) ? header : "X-Signature"),
            StringComparer.OrdinalIgnoreCase);

    internal static string[] Split(string secrets) =>
        secrets.Split([',', ' '], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    // Standard Webhooks' secrets are Base64 behind a prefix; all others are the bytes of their text.
    private static byte[] Bytes(string secret)
    {
        var decoded = new byte[secret.Length];
        return secret.StartsWith(StandardPrefix, StringComparison.Ordinal)
            && Convert.TryFromBase64String(secret[StandardPrefix.Length..], decoded, out var length)
                ? decoded[..length]
                : Encoding.UTF8.GetBytes(secret);
    }
}
