using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http.Answers;

/// <summary>
/// Finds the guilty events of a batch that was refused as a whole, by halves and in order: at most 2·log2(n) requests more for each guilty
/// one, and never more than 2n − 1. Pure but for the sending.
/// </summary>
/// <remarks>
/// The first half is decided before the second is sent, so events of one key keep their order. Whatever is neither delivered nor rejected
/// ends it: what comes behind has the same verdict, as not tried. An answer that judges each event ends it only where it says that the
/// other side has too much to do: what comes behind keeps the verdict it had.
/// </remarks>
internal static class Bisection
{
    /// <summary>Sends part of a batch.</summary>
    /// <param name="start">Its first event.</param>
    /// <param name="count">How many.</param>
    internal delegate ValueTask<HttpAnswer> Send(int start, int count);

    /// <summary>Decides on <paramref name="verdicts"/>.Length events. True: on all; false: it ended early.</summary>
    internal static async ValueTask<bool> RunAsync(SinkVerdict[] verdicts, Send send)
    {
        var parts = new Stack<Part>();
        parts.Push(new Part(0, verdicts.Length, IsGuilty: false));
        while (parts.TryPop(out var part))
        {
            if (part.IsGuilty && part.Count > 1)
            {
                Split(parts, part);
                continue;
            }
            var answer = await send(part.Start, part.Count);
            var kind = answer.Verdict.Kind;
            if (kind == VerdictKind.Rejected && part.Count > 1)
            {
                Split(parts, part with { TooLarge = answer.IsTooLarge });
                continue;
            }
            if (kind is not (VerdictKind.Delivered or VerdictKind.Rejected))
            {
                verdicts.AsSpan(part.Start, part.Count).Fill(answer.Verdict);
                var behind = answer.Verdict.Scope == VerdictScope.Unknown
                    ? answer.Verdict with { Scope = VerdictScope.NotTried }
                    : answer.Verdict;
                verdicts.AsSpan(part.Start + part.Count).Fill(behind);
                return false;
            }
            if (answer.PerEvent is not null)
            {
                answer.PerEvent.CopyTo(verdicts, part.Start);
                if (answer.EndsFlight)
                {
                    return false;
                }
            }
            else
            {
                verdicts.AsSpan(part.Start, part.Count).Fill(answer.Verdict);
            }
            if (kind == VerdictKind.Delivered && part.IsFirstHalf && parts.TryPop(out var second))
            {
                // The whole was refused and the first half was not, so the guilty one is in the second: no need to ask. Too large a whole
                // says nothing of its halves.
                parts.Push(second with { IsGuilty = !part.TooLarge });
            }
        }
        return true;
    }

    private static void Split(Stack<Part> parts, Part part)
    {
        var half = (part.Count + 1) / 2;
        parts.Push(new Part(part.Start + half, part.Count - half, IsGuilty: false) { TooLarge = part.TooLarge });
        parts.Push(new Part(part.Start, half, IsGuilty: false) { TooLarge = part.TooLarge, IsFirstHalf = true });
    }

    /// <param name="Start">The first event.</param>
    /// <param name="Count">How many.</param>
    /// <param name="IsGuilty">It is known to be refused.</param>
    private readonly record struct Part(int Start, int Count, bool IsGuilty)
    {
        /// <summary>The whole was refused for its size.</summary>
        internal bool TooLarge { get; init; }

        /// <summary>The other half is next.</summary>
        internal bool IsFirstHalf { get; init; }
    }
}

/// <summary>What came of a request.</summary>
/// <param name="Verdict">On all its events.</param>
/// <param name="IsTooLarge">It was refused for its size.</param>
/// <param name="PerEvent">Null, or a verdict for each event: <paramref name="Verdict"/> is that it was answered, delivered.</param>
internal readonly record struct HttpAnswer(SinkVerdict Verdict, bool IsTooLarge = false, SinkVerdict[]? PerEvent = null)
{
    /// <summary>Whether to send nothing more for now: the other side said of an event that it has too much to do, or of itself that
    /// it takes none.</summary>
    internal bool EndsFlight => PerEvent is not null && Array.Exists(
        PerEvent, verdict => verdict.Kind == VerdictKind.Congested || verdict.Scope == VerdictScope.Sink);
}
