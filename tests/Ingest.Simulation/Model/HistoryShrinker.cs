namespace Ingest.Simulation.Model;

/// <summary>Makes a failing history short: leaves out step after step for as long as it still fails.</summary>
public static class HistoryShrinker
{
    /// <summary>Why the history fails; null when it does not.</summary>
    public static Exception? Failure(int seed, IEnumerable<WalAction> actions, Func<int, LogHistory> start)
    {
        try
        {
            start(seed).Run(actions);
            return null;
        }
        catch (Exception e)
        {
            return e;
        }
    }

    /// <summary>The shortest history found that fails.</summary>
    public static IReadOnlyList<WalAction> Shrink(int seed, IReadOnlyList<WalAction> failing, Func<int, LogHistory> start)
    {
        var shortest = failing.ToList();
        for (var (changed, pass) = (true, 0); changed && pass < 10; pass++)
        {
            changed = false;
            for (var i = shortest.Count - 1; i >= 0; i--)
            {
                var shorter = shortest.Where((_, index) => index != i).ToList();
                if (Failure(seed, shorter, start) is not null)
                {
                    shortest = shorter;
                    changed = true;
                }
            }
        }
        return shortest;
    }

    /// <summary>A history as text, to print beside its seed.</summary>
    public static string Describe(IEnumerable<WalAction> actions) =>
        string.Join(Environment.NewLine, actions.Select((action, index) => $"  {index + 1}. {Text(action)}"));

    private static string Text(WalAction action) =>
        action is WalAction.Append append ? $"Append {{ RecordBytes = [{string.Join(", ", append.RecordBytes)}] }}" : action.ToString();
}
