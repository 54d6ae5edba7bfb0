using System.Text;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace Ingest.Intake.Dialects;

/// <summary>The keys a request shows: any one that is known will do. Never logged, and no part of an answer.</summary>
/// <param name="First">One key, or null.</param>
/// <param name="Second">Another, or null.</param>
public readonly record struct DialectCredentials(string? First, string? Second = null)
{
    private const int CharactersMax = 4096;

    /// <summary>The request shows none.</summary>
    public static DialectCredentials None => default;

    /// <summary>Whether there is none.</summary>
    public bool IsEmpty => string.IsNullOrEmpty(First) && string.IsNullOrEmpty(Second);

    /// <summary>
    /// The key in <c>Authorization</c>, whatever the scheme is called: of <c>Basic</c> the user or the password, of <c>ApiKey</c> the
    /// value, or its decoded form, behind the colon where it has one.
    /// </summary>
    public static DialectCredentials OfAuthorization(HttpRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var header = request.Headers.Authorization;
        var text = header.Count == 1 ? header.ToString() : "";
        var space = text.IndexOf(' ', StringComparison.Ordinal);
        if (space <= 0 || text.Length > CharactersMax)
        {
            return None;
        }
        var value = text[(space + 1)..].Trim();
        var scheme = text.AsSpan(0, space);
        if (scheme.Equals("Basic", StringComparison.OrdinalIgnoreCase))
        {
            return OfPair(value);
        }
        return scheme.Equals("ApiKey", StringComparison.OrdinalIgnoreCase) && OfPair(value) is { IsEmpty: false } pair
            ? new DialectCredentials(value, pair.Second ?? pair.First)
            : new DialectCredentials(value);
    }

    /// <summary>The key in a header or a member of the query; none where it is absent, repeated or too long.</summary>
    public static DialectCredentials Of(StringValues value) =>
        value.Count == 1 && value[0] is { Length: > 0 and <= CharactersMax } text ? new DialectCredentials(text.Trim()) : None;

    /// <summary>Returns these credentials, or the others where there are none.</summary>
    public DialectCredentials Or(DialectCredentials others) => IsEmpty ? others : this;

    // The record's own would show the keys.
    private bool PrintMembers(StringBuilder builder)
    {
        builder.Append(IsEmpty ? "none" : "****");
        return true;
    }

    private static DialectCredentials OfPair(string base64)
    {
        Span<byte> utf8 = stackalloc byte[CharactersMax];
        if (!Convert.TryFromBase64String(base64, utf8, out var length))
        {
            return None;
        }
        var pair = utf8[..length];
        var colon = pair.IndexOf((byte)':');
        return colon < 0
            ? new DialectCredentials(Encoding.UTF8.GetString(pair))
            : new DialectCredentials(Encoding.UTF8.GetString(pair[..colon]), Encoding.UTF8.GetString(pair[(colon + 1)..]));
    }
}
