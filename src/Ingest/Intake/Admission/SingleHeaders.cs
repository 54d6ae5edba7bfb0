using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Ingest.Intake.Admission;

/// <summary>
/// Headers whose value is one value and no list (RFC 9110, section 5.3). The server would join two of them with a comma, which makes a
/// third value that no client sent.
/// </summary>
internal static class SingleHeaders
{
    private static readonly string[] Names =
    [
        IntakeHeaders.Key, IntakeHeaders.IdempotencyKey, IntakeHeaders.ApiKey, HeaderNames.ContentType, HeaderNames.Authorization,
    ];

    /// <summary>The first of them that is there more than once, or null.</summary>
    internal static string? FirstRepeated(IHeaderDictionary headers)
    {
        foreach (var name in Names)
        {
            if (headers.TryGetValue(name, out var values) && values.Count > 1)
            {
                return name;
            }
        }
        return null;
    }
}
