using Ingest.Health.Policy;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Keys;
using Ingest.Queue.Totals;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>A dialect's request that was let in by its head.</summary>
/// <param name="Producer">Who sends; null where the body or the introspection endpoint has to tell.</param>
/// <param name="Encodings">How the body is compressed, in the order it was done.</param>
/// <param name="IsAsked">Whether the introspection endpoint has to be asked for the producer.</param>
/// <param name="Charged">Bytes taken from the producer's quota; -1 where nothing was.</param>
internal readonly record struct DialectEntry(Producer? Producer, ContentEncoding[] Encodings, bool IsAsked, long Charged = -1);

/// <summary>Decides who may send what to where: by the head, and for each stream once the body is read.</summary>
internal sealed class DialectAdmission(IntakeParts parts)
{
    private static readonly Problem NoKey = new(ProblemKind.Unauthenticated, "The request shows no key that the node knows.");

    /// <summary>Why intake refuses for now, if it does.</summary>
    internal Problem Gate() =>
        parts.Gate.Current is { } refusal ? new Problem(ProblemKind.Of(refusal.Code), refusal.Detail) : default;

    /// <summary>Decides by the head. A producer without a known key is let in only where the body may hold one.</summary>
    internal Problem Check(HttpRequest request, DialectIntake intake, out DialectEntry entry)
    {
        entry = default;
        var problem = RequestAdmission.CheckTransport(request, parts.Options);
        if (!problem.IsNone)
        {
            return problem;
        }
        problem = intake.Check(request);
        if (!problem.IsNone)
        {
            return problem;
        }
        if (intake.Encodings(request, out problem) is not { } encodings)
        {
            return problem;
        }
        if (request.ContentLength > BodyBytesMax(intake))
        {
            return BodyLimits.TooLarge(parts.Options);
        }
        if (intake.KnowsProducers)
        {
            entry = new DialectEntry(Producer.Anonymous, encodings, IsAsked: false);
            return default;
        }
        var producer = DialectKeys.Find(parts.Authentication, request.Headers, intake.FindKey(request), out problem);
        if (!problem.IsNone && !intake.HasKeyInBody)
        {
            return problem;
        }
        entry = new DialectEntry(producer, encodings, IsAsked: producer is null && problem.IsNone);
        return producer is null ? default : ChargeHead(ref entry, request.ContentLength ?? 0);
    }

    /// <summary>Asks for the producer where the head alone does not tell.</summary>
    internal async ValueTask<(Producer? Producer, Problem Problem)> VerifyAsync(HttpRequest request) =>
        await parts.Authentication.VerifyAsync(request.Headers);

    /// <summary>The producer of a request whose key is in its body.</summary>
    internal Problem Identify(ref DialectEntry entry, string? shownKey, long bodyBytes)
    {
        var producer = DialectKeys.Find(parts.Authentication, new DialectCredentials(shownKey));
        if (producer is null)
        {
            return NoKey;
        }
        entry = entry with { Producer = producer };
        return ChargeHead(ref entry, bodyBytes);
    }

    /// <summary>Whether the producer may send to every stream the request names.</summary>
    internal static Problem CheckStreams(Producer producer, DialectEvents events)
    {
        foreach (var use in events.Streams)
        {
            if (!producer.MaySendTo(use.Route.Name))
            {
                return new Problem(ProblemKind.Forbidden, "This key may not send to this stream.");
            }
        }
        return default;
    }

    /// <summary>Asks the operator's policy for all streams: all of them are let in, or none is and nothing is taken from a limit.</summary>
    internal Problem CheckPolicy(Producer producer, StreamShare[] shares)
    {
        var policy = parts.Gate.Policy;
        for (var i = 0; i < shares.Length; i++)
        {
            var decision = policy.Check(shares[i].Stream, producer.PolicyName, events: 1);
            if (decision.Verdict != PolicyVerdict.Admit)
            {
                for (var taken = 0; taken < i; taken++)
                {
                    policy.Return(shares[taken].Stream, producer.PolicyName);
                }
                return RequestAdmission.PolicyProblem(decision);
            }
        }
        foreach (var share in shares)
        {
            policy.Charge(share.Stream, producer.PolicyName, share.Events - 1);
        }
        return default;
    }

    /// <summary>Takes from the quota what only the whole body tells.</summary>
    internal static void ChargeRest(in DialectEntry entry, int events, long bodyBytes) =>
        entry.Producer!.Quota?.Charge(events - 1, Math.Max(0, bodyBytes - entry.Charged));

    /// <summary>Gives back what the head took from the quota: nothing of the request is stored.</summary>
    internal static void Refund(in DialectEntry entry)
    {
        if (entry.Charged >= 0)
        {
            entry.Producer?.Quota?.Return(entry.Charged);
        }
    }

    private const int KeyedBodyBytesMax = 4 * 1024 * 1024;

    private int BodyBytesMax(DialectIntake intake) =>
        intake.HasKeyInBody ? Math.Min(parts.Options.BodyBytesMax, KeyedBodyBytesMax) : parts.Options.BodyBytesMax;

    private static Problem ChargeHead(ref DialectEntry entry, long bodyBytes)
    {
        var wait = entry.Producer!.Quota?.Admit(bodyBytes) ?? TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
        {
            return RequestAdmission.Limited("More events or bytes a second than this key may send.", wait.TotalSeconds);
        }
        entry = entry with { Charged = bodyBytes };
        return default;
    }
}
