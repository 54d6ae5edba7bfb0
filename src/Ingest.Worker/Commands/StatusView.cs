using Ingest.Operations.Status;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands;

/// <summary>A node's status for people.</summary>
internal static class StatusView
{
    private const int StreamsShownMax = 20;

    internal static void Show(NodeStatus status)
    {
        var ready = status.Ready ? "ready" : "not ready";
        var version = Say.Version(status.Version);
        Screen.Line($"{status.Node}: {status.State}, {ready}. Version {version}, up {Say.Seconds(status.UptimeSeconds)}.");
        foreach (var reason in status.Reasons)
        {
            Screen.Fact("Reason", $"{reason.Code}: {reason.Detail}");
        }
        ShowDrain(status.Drain);
        ShowLog(status.Log);
        var queue = status.Queue;
        Screen.Fact(
            "Queue",
            $"{Say.Count(queue.Items)} of {Say.Count(queue.ItemsMax)} requests, {Say.Bytes(queue.Bytes)} of {Say.Bytes(queue.BytesMax)}; "
            + $"{Say.Count(queue.Groups, "commit")} since the start");
        if (status.Memory is { } memory)
        {
            Screen.Fact(
                "Memory",
                $"{memory.State}: {Say.Percent(memory.Ratio)}; "
                + $"{Say.Bytes(memory.AnonymousBytes)} of {Say.Bytes(memory.LimitBytes)} ({memory.LimitSource})");
        }
        if (status.Disk is { FreeBytes: { } free, TotalBytes: { } total } disk)
        {
            Screen.Fact("Disk", $"{disk.State}: {Say.Bytes(free)} of {Say.Bytes(total)} free");
        }
        if (status.Policy?.Error is { } error)
        {
            Screen.Fact("Policy", $"the file is NOT IN FORCE: {error}");
        }
        ShowLanes(status);
        ShowStreams(status);
        ShowLetters(status.DeadLetters);
    }

    internal static void ShowLanes(NodeStatus status)
    {
        var table = Screen.NewTable(
            "Lane", "Sink", "State", "#Pending", "#Lag", "#In flight", "Breaker", "#Round trip", "#Delivered", "#Dead", "#Lost", "Sum");
        foreach (var lane in status.Lanes)
        {
            Screen.Row(
                table,
                lane.Name,
                lane.Kind,
                lane.State,
                Say.Count(lane.PendingEvents),
                Say.Seconds(lane.LagSeconds),
                FormattableString.Invariant($"{lane.InFlightBatches} of {lane.Window:0.#}"),
                lane.Breaker,
                lane.RoundTripMs > 0 ? Say.Milliseconds(lane.RoundTripMs) : "",
                Say.Count(lane.Sum.Delivered),
                Say.Count(lane.Sum.DeadLettered),
                Say.Count(lane.Sum.Lost),
                lane.Sum.Balanced ? "adds up" : "DOES NOT ADD UP");
        }
        Screen.Show(table);
        foreach (var lane in status.Lanes.Where(lane => lane.Reason.Length > 0))
        {
            Screen.Fact("Lane", $"{lane.Name} is {lane.State}: {lane.Reason}");
        }
        foreach (var orphan in status.Orphans)
        {
            Screen.Fact(
                "Orphan",
                $"{orphan.Name} has no sink and holds the log from event {Say.Count(orphan.Settled + 1)} on; "
                + $"`ingest lanes forget {orphan.Name}` lets it go");
        }
    }

    private static void ShowDrain(DrainProgress drain)
    {
        if (drain.Phase == "serving")
        {
            return;
        }
        var rest = drain.RemainingSeconds is { } left ? $", at most {Say.Seconds(left)} more" : "";
        Screen.Fact(
            "Drain",
            $"{drain.Phase} ({drain.Reason}){rest}; {Say.Count(drain.RequestsInFlight, "request")} in flight, "
            + $"{Say.Count(drain.BacklogEvents, "event")} to deliver");
        foreach (var failure in drain.Failures)
        {
            Screen.Fact("", failure);
        }
    }

    private static void ShowLog(LogStatus log)
    {
        var range = log.Durable < log.First ? "empty" : $"events {Say.Count(log.First)} to {Say.Count(log.Durable)}";
        var pending = log.Pending == 0
            ? "nothing pending"
            : $"{Say.Count(log.Pending)} pending, oldest {Say.Seconds(log.OldestPendingSeconds)}";
        Screen.Fact("Log", $"{range}, {pending}; {Say.Bytes(log.Bytes)} of {Say.Bytes(log.BytesMax)} in {log.Directory}");
        if (log.Poison is { } poison)
        {
            Screen.Fact("", $"FAILED: {poison}");
        }
        if (log.Recovery.TornBytes > 0)
        {
            var torn = Say.Bytes(log.Recovery.TornBytes);
            Screen.Fact("", $"{torn} of an unfinished write were cut at the start; nobody had been promised them");
        }
        if (log.LostEvents > 0 || log.Damage.Count > 0)
        {
            Screen.Fact("", $"DAMAGED: {Say.Count(log.LostEvents, "event")} lost; copies of the places are in quarantine/");
        }
    }

    private static void ShowLetters(DeadLetterView letters)
    {
        if (letters.Count > 0 || letters.Rebuilding)
        {
            var still = letters.Rebuilding ? " so far, still being read" : "";
            Screen.Fact(
                "Dead",
                $"{Say.Count(letters.Count, "letter")}{still}, {Say.Count(letters.Requeued)} on their way back; "
                + $"{Say.Bytes(letters.Bytes)} of {Say.Bytes(letters.BytesMax)}; `ingest deadletters list` shows them");
        }
        if (letters.Publication is { } publication)
        {
            var why = publication.Reason.Length > 0 ? $": {publication.Reason}" : "";
            Screen.Fact("", $"{Say.Count(publication.Published)} published to {publication.Sink}, {publication.State}{why}");
        }
        if (letters.Failure is { } failure)
        {
            Screen.Fact("", $"FAILED: {failure}");
        }
        if (letters.Lost > 0)
        {
            Screen.Fact("", $"DAMAGED: {Say.Count(letters.Lost, "record")} of the dead letters lost");
        }
    }

    private static void ShowStreams(NodeStatus status)
    {
        if (status.Streams.Count == 0)
        {
            return;
        }
        var lanes = status.Lanes.Select(lane => $"#{lane.Name}: delivered / dead / rest");
        var table = Screen.NewTable(["Stream", "#Accepted", "#Bytes", .. lanes]);
        foreach (var stream in status.Streams.OrderByDescending(stream => stream.Accepted).Take(StreamsShownMax))
        {
            Screen.Row(
                table,
                [
                    stream.Stream,
                    Say.Count(stream.Accepted),
                    Say.Bytes(stream.AcceptedBytes),
                    .. stream.Lanes.Select(lane =>
                        $"{Say.Count(lane.Delivered)} / {Say.Count(lane.DeadLettered)} / {Say.Count(lane.Outstanding)}"),
                ]);
        }
        Screen.Show(table);
        if (status.Streams.Count > StreamsShownMax)
        {
            Screen.Line($"{Say.Count(status.Streams.Count - StreamsShownMax)} smaller streams are not shown; --json shows all.");
        }
    }
}
