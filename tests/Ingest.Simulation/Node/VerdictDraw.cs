using Ingest.Sinks.Contract;

namespace Ingest.Simulation.Node;

/// <summary>
/// Draws the verdicts on a batch as a sink may give them: with an event that stays pending everything later of its key stays so too.
/// </summary>
internal sealed class VerdictDraw(Downstream downstream)
{
    private static readonly VerdictScope[] OfEvents =
        [VerdictScope.Unknown, VerdictScope.NotTried, VerdictScope.Event, VerdictScope.Key];

    // Of a sink that keeps the order of keys itself: events that stayed pending and have not come again.
    private readonly Dictionary<string, SortedSet<long>> _held = new(StringComparer.Ordinal);

    /// <param name="events">The batch.</param>
    /// <param name="isLost">The answer will be lost; what stays pending then was not tried.</param>
    internal IReadOnlyList<SinkVerdict> Of(IReadOnlyList<SubmittedEvent> events, bool isLost)
    {
        var (mood, random) = (downstream.Mood, downstream.Random);
        var fails = random.Next(100) < mood.Fails;
        var whole = fails ? Draw(random.Next(2) == 0 ? VerdictScope.Sink : VerdictScope.Unknown) : (SinkVerdict?)null;
        var broken = new HashSet<string>();
        var verdicts = new SinkVerdict[events.Count];
        for (var i = 0; i < verdicts.Length; i++)
        {
            var verdict = broken.Contains(events[i].Key) || IsHeld(events[i])
                ? new SinkVerdict(VerdictKind.Retryable, "behind another", Scope: VerdictScope.NotTried)
                : whole ?? On(events[i], isLost);
            var isPending = verdict.Kind is not (VerdictKind.Delivered or VerdictKind.Rejected);
            if (isPending && events[i].Key.Length > 0)
            {
                broken.Add(events[i].Key);
            }
            Hold(events[i], isPending);
            verdicts[i] = verdict;
        }
        return verdicts;
    }

    private SinkVerdict On(SubmittedEvent sent, bool isLost)
    {
        var (mood, random) = (downstream.Mood, downstream.Random);
        if (downstream.PoisonEvery > 0 && sent.Id % downstream.PoisonEvery == 0)
        {
            return new SinkVerdict(VerdictKind.Rejected, "poison");
        }
        if (sent.Stream == downstream.SickStream)
        {
            return new SinkVerdict(VerdictKind.Blocked, "no such topic", Scope: VerdictScope.Stream);
        }
        if (sent.Key.Length > 0 && sent.Key == downstream.SickKey)
        {
            return new SinkVerdict(VerdictKind.Retryable, "sick", Scope: VerdictScope.Key);
        }
        if (isLost && random.Next(3) == 0)
        {
            return new SinkVerdict(VerdictKind.Retryable, "not reached", Scope: VerdictScope.NotTried);
        }
        return random.Next(100) < mood.Parts ? Draw(OfEvents[random.Next(OfEvents.Length)]) : SinkVerdict.Delivered;
    }

    private SinkVerdict Draw(VerdictScope scope)
    {
        var (mood, random) = (downstream.Mood, downstream.Random);
        var kind = mood.Kinds[random.Next(mood.Kinds.Count)];
        var retryAfter = kind == VerdictKind.Congested && random.Next(3) == 0 ? TimeSpan.FromSeconds(random.Next(1, 60)) : (TimeSpan?)null;
        return new SinkVerdict(kind, kind.ToString(), retryAfter, scope);
    }

    private bool IsHeld(SubmittedEvent sent) =>
        downstream.KeepsKeyOrder && sent.Key.Length > 0
        && _held.TryGetValue(sent.Key, out var held) && held.Count > 0 && held.Min < sent.Sequence;

    private void Hold(SubmittedEvent sent, bool isPending)
    {
        if (sent.Key.Length > 0)
        {
            var held = _held.TryGetValue(sent.Key, out var known) ? known : _held[sent.Key] = [];
            // A dead letter that is sent again may be given up once more: nothing waits for it.
            _ = isPending && !downstream.Lane.IsGivenUp(sent.Sequence) ? held.Add(sent.Sequence) : held.Remove(sent.Sequence);
        }
    }
}
