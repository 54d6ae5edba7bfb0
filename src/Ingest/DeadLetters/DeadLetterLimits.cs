using Ingest.DeadLetters.Ledger;
using Ingest.Publishing;

namespace Ingest.DeadLetters;

/// <summary>Decides whether more letters fit the limits of <see cref="DeadLetterOptions"/>.</summary>
internal static class DeadLetterLimits
{
    /// <summary>Throws if a batch of refused events does not fit. An event that is a letter already takes no more room.</summary>
    /// <exception cref="DeadLettersBlockedException">It does not fit; the message says what to do.</exception>
    internal static void ThrowIfFull(
        DeadLetterLedger ledger, DeadLetterOptions options, string lane, IReadOnlyList<RejectedEvent> rejected)
    {
        var (thereCount, thereBytes) = ledger.Totals;
        var (letters, bytes) = (0, 0L);
        foreach (var entry in rejected)
        {
            if (!entry.IsRepeat || ledger.Find(new DeadLetterKey(entry.Sequence, lane)) is null)
            {
                letters++;
                bytes += entry.Body.Length;
            }
        }
        ThrowIfOver(thereCount, letters, options.LettersMax, "letters", "DeadLetters:LettersMax");
        ThrowIfOver(thereBytes, bytes, options.BytesMax, "bytes", "DeadLetters:BytesMax");
    }

    // A batch that would not fit if there were no letter at all waits for the limit alone: giving up letters for it would be in vain.
    private static void ThrowIfOver(long there, long more, long max, string what, string key)
    {
        if (more > max)
        {
            throw new DeadLettersBlockedException(
                $"one batch has {more} {what} for the dead letters, and {key} = {max} is less; raise it and restart: "
                + "requeueing or dropping others makes no room for it");
        }
        if (there + more > max)
        {
            throw new DeadLettersBlockedException(
                $"the dead letters are full: {there} {what} and {more} more are over {key} = {max}; requeue or drop some, "
                + "or raise it and restart");
        }
    }
}
