using Ingest.DeadLetters.Ledger;

namespace Ingest.DeadLetters.Projection;

/// <summary>
/// Answers questions over many letters: from the projection while it is level with the dead-letter log, else by a walk over the letters
/// in memory. A list of all letters never asks the projection. Any thread.
/// </summary>
/// <remarks>
/// The answer is that of the log in either case: letters that the projection names are looked up in the ledger, its sums are compared with
/// the ledger's, and one difference has it put aside and the walk answer. An answer during which the log moved on is not used.
/// </remarks>
internal sealed class DeadLetterQuestions(DeadLetterLedger ledger, ProjectionWriter? writer)
{
    /// <summary>Letters that match, in the order of their keys.</summary>
    internal IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit) =>
        (filter == DeadLetterFilter.All ? null : Ask(projection => Page(projection, filter, after, limit)))
        ?? ledger.Query(filter, after, limit);

    /// <summary>Groups of the letters that match, the largest first.</summary>
    internal IReadOnlyList<DeadLetterGroup> Groups(DeadLetterGrouping by, DeadLetterFilter filter) =>
        Ask(projection => Sum(projection, by, filter)) ?? Walk(by, filter);

    private T? Ask<T>(Func<IDeadLetterProjection, T?> question)
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
            return writer.Level == projection && ledger.Applied == at ? answer : null;
        }
        catch (Exception e)
        {
            // Whatever a damaged file makes a library throw. One that was closed meanwhile is not level any more, and not to blame.
            if (writer.Level == projection && ledger.Applied == at)
            {
                writer.Distrust(e.Message);
            }
            return null;
        }
    }

    private List<DeadLetter>? Page(IDeadLetterProjection projection, DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        var page = new List<DeadLetter>();
        while (page.Count < limit)
        {
            if (projection.Keys(filter, after, limit) is not { } keys)
            {
                return null;
            }
            foreach (var key in keys)
            {
                var letter = ledger.Find(key)
                    ?? throw new InvalidDataException($"it has the letter {key}, and the dead-letter log has not");
                if (filter.Matches(letter) && page.Count < limit)
                {
                    page.Add(letter);
                }
            }
            if (keys.Count < limit)
            {
                break;
            }
            after = keys[^1];
        }
        return page;
    }

    private IReadOnlyList<DeadLetterGroup>? Sum(IDeadLetterProjection projection, DeadLetterGrouping by, DeadLetterFilter filter)
    {
        if (projection.Groups(filter) is not { } groups)
        {
            return null;
        }
        if (projection.Totals != ledger.Totals)
        {
            throw new InvalidDataException("it does not have the letters of the dead-letter log");
        }
        var counter = new GroupCounter(by);
        foreach (var group in groups)
        {
            counter.Add(group);
        }
        return counter.ToList();
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
}
