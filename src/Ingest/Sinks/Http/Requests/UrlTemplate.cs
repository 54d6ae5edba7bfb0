using System.Diagnostics.CodeAnalysis;

namespace Ingest.Sinks.Http.Requests;

/// <summary>Where events of a stream go.</summary>
internal sealed class UrlTemplate
{
    private const string Placeholder = "{stream}";

    private readonly string _text;

    private UrlTemplate(string text) => _text = text;

    /// <summary>Each stream has a place of its own.</summary>
    internal bool IsPerStream => _text.Contains(Placeholder, StringComparison.Ordinal);

    /// <summary>The place of <paramref name="stream"/>. Streams' names need no escaping.</summary>
    internal Uri For(string stream) => new(_text.Replace(Placeholder, stream, StringComparison.Ordinal), UriKind.Absolute);

    internal static bool TryParse(string text, [NotNullWhen(true)] out UrlTemplate? template)
    {
        template = null;
        var example = text.Replace(Placeholder, "x", StringComparison.Ordinal);
        if (example.AsSpan().ContainsAny('{', '}')
            || !Uri.TryCreate(example, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps)
            || url.UserInfo.Length > 0 || url.Fragment.Length > 0 || url.Host.Length == 0)
        {
            return false;
        }
        // A stream's name in the host would let producers choose whom to talk to.
        if (!text.Contains(url.Authority, StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }
        template = new UrlTemplate(text);
        return true;
    }
}
