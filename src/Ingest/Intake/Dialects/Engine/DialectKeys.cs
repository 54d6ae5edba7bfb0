using Ingest.Intake.Http;
using Ingest.Intake.Keys;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>Says who sends a request that may show its key in places of its dialect, beside the native ones.</summary>
internal static class DialectKeys
{
    private static readonly Problem UnknownKey = new(ProblemKind.Unauthenticated, "The node does not know this key.");

    /// <summary>The producer; or null with the problem; or null without one, when the introspection endpoint has to be asked.</summary>
    internal static Producer? Find(
        Authentication authentication, IHeaderDictionary headers, in DialectCredentials shown, out Problem problem)
    {
        problem = default;
        if (Find(authentication, shown) is { } producer)
        {
            return producer;
        }
        producer = authentication.Find(headers, out problem);
        // One that shows a key in the dialect's place and a wrong one is not let in as one that shows none.
        if (!shown.IsEmpty && ReferenceEquals(producer, Producer.Anonymous))
        {
            problem = UnknownKey;
            return null;
        }
        return producer;
    }

    /// <summary>The producer one of the keys is of, or anyone where no keys are known; null where none is.</summary>
    internal static Producer? Find(Authentication authentication, in DialectCredentials shown) =>
        authentication.IsOff ? Producer.Anonymous
        : (shown.First is { } first ? authentication.FindKey(first) : null)
            ?? (shown.Second is { } second ? authentication.FindKey(second) : null);
}
