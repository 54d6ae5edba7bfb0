using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ingest.Hosting.Settings;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Worker.Commands.Support;

/// <summary>
/// Takes secrets and payloads out of what leaves the machine: every value that the settings or the files they name keep secret, whatever is
/// written like a credential, and what a receiver answered, which may hold the event it refused.
/// </summary>
internal sealed partial class Redaction
{
    private const string Mask = "****";
    private const int SecretLengthMin = 6;
    private const int WordLengthMin = 12;
    private const long FileBytesMax = 256 * 1024;

    private readonly string[] _secrets;

    private Redaction(IEnumerable<string> secrets) =>
        // The longest first: one may be a part of another.
        _secrets = [.. secrets.Where(secret => secret.Length >= SecretLengthMin).Distinct().OrderByDescending(secret => secret.Length)];

    /// <summary>Knows the secrets of these settings, of the files they name, and the token.</summary>
    internal static Redaction Of(NodeSettings settings, params IEnumerable<string> tokens)
    {
        var values = settings.ToConfiguration().AsEnumerable().Where(pair => pair.Value is { Length: > 0 }).ToList();
        var named = values.Where(pair => Setting.LooksSecret(pair.Key)).Select(pair => pair.Value!);
        var inUrls = values.SelectMany(pair => PasswordOf(pair.Value!));
        var filed = values.Where(pair => File.Exists(pair.Value)).SelectMany(pair => WordsOf(pair.Value!));
        return new Redaction([.. named, .. named.SelectMany(Words), .. inUrls, .. filed, .. tokens]);
    }

    /// <summary>The text without them.</summary>
    internal string Clean(string text)
    {
        foreach (var secret in _secrets)
        {
            text = text.Replace(secret, Mask, StringComparison.Ordinal);
        }
        text = Scheme().Replace(text, $"$1 {Mask}");
        text = UserInfo().Replace(text, $"://{Mask}@");
        return Assignment().Replace(text, $"$1$2{Mask}");
    }

    /// <summary>A document of JSON without them, and of reasons only what is ours.</summary>
    internal string CleanJson(string json)
    {
        if (JsonNode.Parse(json) is not { } root)
        {
            return json;
        }
        CutReasons(root);
        return Clean(root.ToJsonString(new JsonSerializerOptions { WriteIndented = true }));
    }

    private static IEnumerable<string> PasswordOf(string value) =>
        Uri.TryCreate(value, UriKind.Absolute, out var url) && url.UserInfo.IndexOf(':', StringComparison.Ordinal) is var colon and >= 0
            ? [Uri.UnescapeDataString(url.UserInfo[(colon + 1)..])]
            : [];

    // What stands behind the first colon of a reason, or of a sentence that quotes one, is what the receiver wrote.
    private static void CutReasons(JsonNode node)
    {
        if (node is JsonArray list)
        {
            foreach (var item in list.OfType<JsonNode>())
            {
                CutReasons(item);
            }
        }
        else if (node is JsonObject map)
        {
            foreach (var (name, value) in map.ToList())
            {
                if (name is "reason" or "what" && value is JsonValue text && text.TryGetValue<string>(out var reason)
                    && reason.IndexOf(": ", StringComparison.Ordinal) is var colon and > 0)
                {
                    map[name] = reason[..colon] + ": (left out)";
                }
                else if (value is not null)
                {
                    CutReasons(value);
                }
            }
        }
    }

    private static IEnumerable<string> WordsOf(string file)
    {
        try
        {
            var text = new FileInfo(file).Length <= FileBytesMax ? File.ReadAllText(file) : "";
            var isPublic = text.Contains("-----BEGIN CERTIFICATE", StringComparison.Ordinal)
                && !text.Contains("PRIVATE KEY", StringComparison.Ordinal);
            return isPublic
                ? []
                : Words(text).Append(text.Trim().Length < WordLengthMin ? text.Trim() : "");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static IEnumerable<string> Words(string text) =>
        Word().Matches(text).Select(match => match.Value).Where(word => word.Length >= WordLengthMin);

    [GeneratedRegex(@"[A-Za-z0-9._~+/=\-]+")]
    private static partial Regex Word();

    [GeneratedRegex(@"(?i)\b(bearer|basic|splunk)\s+[A-Za-z0-9._~+/=\-]{4,}")]
    private static partial Regex Scheme();

    [GeneratedRegex(@"://[^/\s@""]+@")]
    private static partial Regex UserInfo();

    [GeneratedRegex(@"(?i)\b(password|passwd|passphrase|secret|access_token|api[-_]?key|token|signature)(\s*[:=]\s*)[^\s""',;&}\\]+")]
    private static partial Regex Assignment();
}
