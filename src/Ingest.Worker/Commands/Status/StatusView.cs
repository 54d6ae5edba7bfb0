using Ingest.Operations.Status;
using Ingest.Worker.Commands.Lanes;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Status;

/// <summary>A node's status for people.</summary>
internal static class StatusView
{
    private const int StreamsShownMax = 20;

    internal static void Show(NodeStatus status, bool isWide)
    {
        var ready = status.Ready ? "ready" : "not ready";
        var version = Humanize.Version(status.Version);
        Screen.Line(
            $"{status.Node}: {status.State}, {ready}. Version {version}, up {Humanize.Seconds(status.UptimeSeconds)}.",
            status.Ready ? Tone.Plain : Tone.Bad);
        foreach (var reason in status.Reasons)
        {
            Screen.Fact("Reason", $"{reason.Code}: {reason.Detail}", Tone.Bad);
        }
        AttentionView.Show(status.Attention);
        ShowDrain(status.Drain);
        ShowLog(status.Log);
        var queue = status.Queue;
        Screen.Fact(
            "Queue",
            $"{Humanize.Count(queue.Items)} of {Humanize.Count(queue.ItemsMax)} requests, {Humanize.Bytes(queue.Bytes)} "
                + $"of {Humanize.Bytes(queue.BytesMax)}; "
            + $"{Humanize.Count(queue.Groups, "commit")} since its log was opened");
        if (status.Memory is { } memory)
        {
            Screen.Fact(
                "Memory",
                $"{memory.State}: {Humanize.Percent(memory.Ratio)}; "
                + $"{Humanize.Bytes(memory.AnonymousBytes)} of {Humanize.Bytes(memory.LimitBytes)} ({memory.LimitSource})",
                memory.State == "good" ? Tone.Plain : Tone.Bad);
        }
        if (status.Disk is { FreeBytes: { } free, TotalBytes: { } total } disk)
        {
            Screen.Fact(
                "Disk",
                $"{disk.State}: {Humanize.Bytes(free)} of {Humanize.Bytes(total)} free",
                disk.State == "good" ? Tone.Plain : Tone.Bad);
        }
        if (status.Policy?.Error is { } error)
        {
            Screen.Fact("Policy", $"the file is NOT IN FORCE: {error}", Tone.Bad);
        }
        LanesView.Show(status, isWide);
        ShowStreams(status);
        ShowLetters(status.DeadLetters);
    }

    private static void ShowDrain(DrainProgress drain)
    {
        if (drain.Phase == "serving")
        {
            return;
        }
        var rest = drain.RemainingSeconds is { } left ? $", at most {Humanize.Seconds(left)} more" : "";
        Screen.Fact(
            "Drain",
            $"{drain.Phase} ({drain.Reason}){rest}; {Humanize.Count(drain.RequestsInFlight, "request")} in flight, "
            + $"{Humanize.Count(drain.BacklogEvents, "event")} to deliver");
        foreach (var failure in drain.Failures)
        {
            Screen.Fact("", failure);
        }
    }

    private static void ShowLog(LogStatus log)
    {
        var range = log.Durable < log.First ? "empty" : $"events {Humanize.Count(log.First)} to {Humanize.Count(log.Durable)}";
        var pending = log.Pending == 0
            ? "nothing pending"
            : $"{Humanize.Count(log.Pending)} pending, oldest {Humanize.Seconds(log.OldestPendingSeconds)}";
        Screen.Fact("Log", $"{range}, {pending}; {Humanize.Bytes(log.Bytes)} of {Humanize.Bytes(log.BytesMax)} in {log.Directory}");
        if (log.Poison is { } poison)
        {
            Screen.Fact("", $"FAILED: {poison}", Tone.Bad);
        }
        if (log.Recovery.TornBytes > 0)
        {
            var torn = Humanize.Bytes(log.Recovery.TornBytes);
            Screen.Fact("", $"{torn} of an unfinished write were cut at the start; nobody had been promised them");
        }
        if (log.LostEvents > 0 || log.Damage.Count > 0)
        {
            Screen.Fact("", $"DAMAGED: {Humanize.Count(log.LostEvents, "event")} lost; copies of the places are in quarantine/", Tone.Bad);
        }
    }

    private static void ShowLetters(DeadLetterView letters)
    {
        if (letters.Count > 0 || letters.Rebuilding)
        {
            var still = letters.Rebuilding ? " so far, still being read" : "";
            Screen.Fact(
                "Dead",
                $"{Humanize.Count(letters.Count, "letter")}{still}, {Humanize.Count(letters.Requeued)} on their way back; "
                + $"{Humanize.Bytes(letters.Bytes)} of {Humanize.Bytes(letters.BytesMax)}; `ingest deadletters list` shows them");
        }
        if (letters.Publication is { } publication)
        {
            var why = publication.Reason.Length > 0 ? $": {publication.Reason}" : "";
            Screen.Fact("", $"{Humanize.Count(publication.Published)} published to {publication.Sink}, {publication.State}{why}");
        }
        if (letters.Failure is { } failure)
        {
            Screen.Fact("", $"FAILED: {failure}", Tone.Bad);
        }
        if (letters.Lost > 0)
        {
            Screen.Fact("", $"DAMAGED: {Humanize.Count(letters.Lost, "record")} of the dead letters lost", Tone.Bad);
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
                    Humanize.Count(stream.Accepted),
                    Humanize.Bytes(stream.AcceptedBytes),
                    .. stream.Lanes.Select(lane =>
                        $"{Humanize.Count(lane.Delivered)} / {Humanize.Count(lane.DeadLettered)} / {Humanize.Count(lane.Outstanding)}"),
                ]);
        }
        Screen.Show(table);
        if (status.Streams.Count > StreamsShownMax)
        {
            Screen.Line($"{Humanize.Count(status.Streams.Count - StreamsShownMax)} smaller streams are not shown; --json shows all.");
        }
    }
}
