using Ingest.DeadLetters.Ledger;

namespace Ingest.DeadLetters.Projection;

/// <summary>
/// Answers questions over many letters: from the projection while it is level with the dead-letter log, else by a walk over the letters
/// in memory. Any thread.
/// </summary>
/// <remarks>
/// The answer is that of the log in either case: what the projection says is compared with the ledger, letter by letter and in its sums,
/// and one difference has the projection put aside and the walk answer. An answer during which the log moved on is not judged.
/// </remarks>
internal sealed class DeadLetterQuestions(DeadLetterLedger ledger, ProjectionWriter? writer)
{
    /// <summary>Letters that match, in the order of their keys.</summary>
    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit) =>
        (filter.Stream is null ? null : Ask(projection => Page(projection, filter, after, limit))) ?? ledger.Query(filter, after, limit);

    /// <summary>Groups of the letters that match, the largest first.</summary>
    internal IReadOnlyList<DeadLetterGroup> Groups(DeadLetterGrouping by, DeadLetterFilter filter) =>
        (CountsSuffice(filter) ? Ask(projection => Sum(projection, by, filter)) : null) ?? Walk(by, filter);

    private static bool CountsSuffice(DeadLetterFilter filter) =>
        filter is { Reason: null, SinceUnixMs: null, UntilUnixMs: null, AttemptsMin: null };

    private T? Ask<T>(Func<IDeadLetterProjection, Answer<T>> question)
        where T : class
    {
        if (writer?.Level is not { } projection)
        {
            return null;
        }
        var at = ledger.Applied;
        try
        {
            var answer = question(projection);
            if (writer.Level != projection || ledger.Applied != at)
            {
                return null;
            }
            if (!answer.IsWrong)
            {
                return answer.Value;
            }
            writer.Distrust("its answer is not that of the dead-letter log");
        }
        catch (Exception e)
        {
            // Whatever a damaged file makes a library throw.
            writer.Distrust(e.Message);
        }
        return null;
    }

    private Answer<IReadOnlyList<DeadLetter>> Page(
        IDeadLetterProjection projection, DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        if (filter is not { Reason: null, SinceUnixMs: null, UntilUnixMs: null, AttemptsMin: null }
            || projection.Keys(filter, after, limit) is not { } keys)
        {
            return default;
        }
        var page = new List<DeadLetter>(keys.Count);
        foreach (var key in keys)
        {
            if (ledger.Find(key) is not { } letter || !filter.Matches(letter))
            {
                return new Answer<IReadOnlyList<DeadLetter>>(null, IsWrong: true);
            }
            page.Add(letter);
        }
        return new Answer<IReadOnlyList<DeadLetter>>(page);
    }

    private Answer<IReadOnlyList<DeadLetterGroup>> Sum(IDeadLetterProjection projection, DeadLetterGrouping by, DeadLetterFilter filter)
    {
        var (count, bytes) = ledger.Totals;
        var counter = new GroupCounter(by);
        foreach (var group in projection.Groups())
        {
            count -= group.Count;
            bytes -= group.Bytes;
            if ((filter.Lane ?? group.Lane) == group.Lane && (filter.Stream ?? group.Stream) == group.Stream
                && (filter.Requeued ?? group.Requeued) == group.Requeued)
            {
                counter.Add(group);
            }
        }
        return new Answer<IReadOnlyList<DeadLetterGroup>>(counter.ToList(), IsWrong: count != 0 || bytes != 0);
    }

    private IReadOnlyList<DeadLetterGroup> Walk(DeadLetterGrouping by, DeadLetterFilter filter)
    {
        var counter = new GroupCounter(by);
        ledger.Walk(after: null, letter =>
        {
            if (filter.Matches(letter))
            {
                counter.Add(letter);
            }
            return true;
        });
        return counter.ToList();
    }

    private readonly record struct Answer<T>(T? Value, bool IsWrong = false)
        where T : class;
}
