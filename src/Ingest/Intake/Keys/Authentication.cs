using System.Security.Cryptography;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Keys;

/// <summary>Says who sends a request, by the key it shows.</summary>
/// <param name="isAnonymousAllowed">Whether those without a key are let in.</param>
/// <param name="keys">The keys of the file, or null.</param>
/// <param name="introspection">Who knows of other tokens, or null.</param>
internal sealed class Authentication(bool isAnonymousAllowed, KeyFileWatch? keys, TokenIntrospection? introspection) : IDisposable
{
    private static readonly Problem NoKey = new(
        ProblemKind.Unauthenticated,
        "The request shows no key: send it as a bearer token, as X-Api-Key, or as the user of basic authentication.");

    internal static readonly Problem UnknownKey = new(ProblemKind.Unauthenticated, "The node does not know this key.");

    /// <summary>
    /// The producer; or null with the problem; or null without one, when the answer has to be waited for with <see cref="VerifyAsync"/>.
    /// </summary>
    internal Producer? Find(IHeaderDictionary headers, out Problem problem)
    {
        problem = default;
        if (keys is null && introspection is null)
        {
            return Producer.Anonymous;
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        if (!KeyDigest.TryRead(headers, digest))
        {
            problem = isAnonymousAllowed ? default : NoKey;
            return isAnonymousAllowed ? Producer.Anonymous : null;
        }
        if (keys?.Ring.Find(digest) is { } entry)
        {
            return entry.Producer;
        }
        if (introspection is null || KeyDigest.BearerToken(headers) is null)
        {
            problem = UnknownKey;
            return null;
        }
        if (introspection.TryGet(digest, out var known))
        {
            problem = known is null ? UnknownKey : default;
            return known;
        }
        return null;
    }

    /// <summary>Whether no keys are known, so that none is asked for.</summary>
    internal bool IsOff => keys is null && introspection is null;

    /// <summary>The producer with this key in the file of keys; null where there is none.</summary>
    internal Producer? FindKey(ReadOnlySpan<char> key)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return keys is not null && KeyDigest.TryDigest(key, digest) ? keys.Ring.Find(digest)?.Producer : null;
    }

    /// <summary>Asks who knows of the token. The producer, or null with the problem.</summary>
    internal async ValueTask<(Producer? Producer, Problem Problem)> VerifyAsync(IHeaderDictionary headers)
    {
        var digest = new byte[SHA256.HashSizeInBytes];
        KeyDigest.TryRead(headers, digest);
        var (producer, failure) = await introspection!.AskAsync(digest, KeyDigest.BearerToken(headers)!);
        if (failure is not null)
        {
            return (null, new Problem(ProblemKind.VerifierUnavailable, failure) { RetrySeconds = 1 });
        }
        return (producer, producer is null ? UnknownKey : default);
    }

    public void Dispose()
    {
        keys?.Dispose();
        introspection?.Dispose();
    }
}
