using Ingest.Operations.Status;

namespace Ingest.Operations.Attention;

/// <summary>What of a node's status an operator has to know now. Pure.</summary>
internal static class AttentionRules
{
    private const string Bad = "bad";
    private const string Warning = "warning";
    private const string Symptoms = "from-symptom-to-action";
    private const double OldSeconds = 300;
    private const double BehindSeconds = 10;
    private const double SlowMilliseconds = 1000;
    private const double NarrowSeconds = 60;
    private const double FillingSeconds = 7200;
    private const double FillingShare = 0.85;
    private const double LettersShare = 0.8;

    /// <summary>What is wrong, the worst first; when it began is known here only of some.</summary>
    /// <param name="status">The node.</param>
    /// <param name="logFullSeconds">When the log is full if things go on as they do; null: never.</param>
    internal static IEnumerable<AttentionItem> Find(NodeStatus status, double? logFullSeconds) =>
        OfNode(status).Concat(OfLog(status, logFullSeconds)).Concat(status.Lanes.SelectMany(OfLane)).Concat(OfLetters(status.DeadLetters))
            .OrderBy(item => item.Severity == Bad ? 0 : 1);

    private static AttentionItem Item(
        string code, string severity, string what, string section, string next = "", double? seconds = null, string subject = "") =>
        new(code, subject, severity, what, default, next, seconds, $"docs/operating.md#{section}");

    private static IEnumerable<AttentionItem> OfNode(NodeStatus status)
    {
        if (status.Drain.Phase != "serving")
        {
            yield return Drain(status.Drain);
        }
        foreach (var reason in status.Reasons.Where(reason => reason.Code != "draining"))
        {
            yield return reason.Code switch
            {
                "disk_pressure" => Item(
                    reason.Code, Bad, reason.Detail, "ingestdiskpressure", "Events are accepted again by themselves when there is room."),
                "memory_pressure" => Item(
                    reason.Code,
                    Bad,
                    reason.Detail,
                    "ingestmemoryhigh",
                    "Events are accepted again by themselves below the low threshold."),
                "log_failed" => Item(
                    reason.Code, Bad, reason.Detail, "ingestlogfailed", "The process ends; the next start goes by what is on the disk."),
                "overloaded" => Item(reason.Code, Bad, reason.Detail, "ingestflushslow"),
                "starting" => Item(reason.Code, Warning, reason.Detail, "ingestnotready", "It is ready by itself."),
                _ => Item(reason.Code, Bad, reason.Detail, Symptoms),
            };
        }
        if (status.Policy?.Error is { } error)
        {
            yield return Item("policy_rejected", Warning, $"The policy file is not in force: {error}", Symptoms, "The old policy stays.");
        }
    }

    private static AttentionItem Drain(DrainProgress drain) => drain.Phase == "drained"
        ? Item(
            "drained", Warning, $"The node is drained and takes no events; {drain.BacklogEvents} are left.", Symptoms, "It stays so until "
                + "`ingest resume`.")
        : Item(
            "draining",
            Warning,
            $"The node drains ({drain.Phase}) and takes no events soon or already; {drain.BacklogEvents} are to be delivered.",
            Symptoms,
            drain.RemainingSeconds is null ? "" : "This phase ends, whatever is left.",
            drain.RemainingSeconds);

    private static IEnumerable<AttentionItem> OfLog(NodeStatus status, double? logFullSeconds)
    {
        var log = status.Log;
        var share = (double)log.Bytes / Math.Max(1, log.BytesMax);
        if (log.LostEvents > 0 || log.Damage.Count > 0)
        {
            yield return Item(
                "events_lost", Bad, $"{log.LostEvents} events were lost to damage of the log.", "ingesteventslost", "All others go on.");
        }
        if (logFullSeconds < FillingSeconds || share > FillingShare)
        {
            yield return Item(
                "log_filling",
                share > FillingShare ? Bad : Warning,
                $"The log has {share:P0} of what it may take.",
                "ingestlogfilling",
                logFullSeconds is null ? "" : "It is full at this rate; then events are refused.",
                logFullSeconds);
        }
        foreach (var orphan in status.Orphans)
        {
            yield return Item(
                "orphan",
                Warning,
                $"Lane {orphan.Name} has no sink and holds the log from event {orphan.Settled + 1} on.",
                "ingestlogfilling",
                subject: orphan.Name);
        }
    }

    private static IEnumerable<AttentionItem> OfLane(LaneView lane)
    {
        if (!lane.Sum.Balanced)
        {
            yield return Item(
                "not_balanced", Bad, $"What became of the events of lane {lane.Name} does not add up.", "ingestnotbalanced",
                subject: lane.Name);
        }
        var because = lane.Reason.Length > 0 ? $": {lane.Reason.TrimEnd('.')}." : ".";
        if (lane.State == "blocked")
        {
            yield return Item(
                "lane_blocked", Bad, $"Lane {lane.Name} is blocked{because}", "ingestlaneblocked", "It tries again.",
                lane.NextTrySeconds, lane.Name);
        }
        else if (lane.Breaker != "closed" || lane.State is "open" or "backing_off" or "probing")
        {
            yield return Item(
                "lane_failing",
                lane.Breaker == "open" ? Bad : Warning,
                $"Lane {lane.Name} cannot deliver; {lane.PendingEvents} events wait{because}",
                "ingestbreakeropen",
                lane.State == "probing" ? "It is trying now." : "It tries again.",
                lane.NextTrySeconds,
                lane.Name);
        }
        else if (lane.UnreachableSince is { } since)
        {
            yield return Item(
                "lane_failing",
                Bad,
                $"Lane {lane.Name} does not reach its sink; {lane.PendingEvents} events wait{because}",
                "ingestbreakeropen",
                "The connection is made again by itself.",
                subject: lane.Name) with
            {
                Since = since,
            };
        }
        else if (IsSlow(lane))
        {
            yield return Item(
                "lane_slow",
                Warning,
                $"Lane {lane.Name} is behind by {lane.PendingEvents} events, for its sink is slow: a batch takes "
                    + $"{lane.RoundTripMs / 1000:0.0} s, and {Math.Max(1, Math.Floor(lane.Window)):0} of at most {lane.WindowMax} may be "
                    + "under way.",
                "ingestwindowatone",
                "More are under way when it gets better.",
                subject: lane.Name);
        }
        else if (lane.LagSeconds > OldSeconds)
        {
            yield return Item(
                "backlog_old", Warning, $"Lane {lane.Name} is behind by {lane.PendingEvents} events.", "ingestbacklogold",
                subject: lane.Name);
        }
        if (lane.ParkedEvents > 0)
        {
            yield return Item(
                "events_parked",
                Warning,
                $"{lane.ParkedEvents} events of lane {lane.Name} are set aside, for its sink refuses them.",
                "parked-events",
                "They are tried again.",
                lane.Parked.Count > 0 ? lane.Parked.Min(parked => parked.NextTrySeconds) : null,
                lane.Name);
        }
    }

    // A lane that catches up behind a fast sink is not slow, however far it is behind.
    private static bool IsSlow(LaneView lane) =>
        (lane.LagSeconds > BehindSeconds && lane.RoundTripMs > SlowMilliseconds)
        || (lane.LagSeconds > NarrowSeconds && lane.Window <= 1 && lane.WindowMax > 1);

    private static IEnumerable<AttentionItem> OfLetters(DeadLetterView letters)
    {
        if (letters.Failure is { } failure)
        {
            yield return Item("dead_letters_failed", Bad, failure, "ingestdeadletterslost");
        }
        if (letters.Lost > 0)
        {
            yield return Item("dead_letters_lost", Bad, $"{letters.Lost} dead letters were lost to damage.", "ingestdeadletterslost");
        }
        var share = Math.Max((double)letters.Bytes / Math.Max(1, letters.BytesMax), (double)letters.Count / Math.Max(1, letters.CountMax));
        if (letters.Count > 0)
        {
            yield return share > LettersShare
                ? Item(
                    "dead_letters_full",
                    Bad,
                    $"{letters.Count} dead letters take {share:P0} of what they may.",
                    "ingestdeadlettersfull",
                    "At the limit the lane that has one more stops.")
                : Item(
                    "dead_letters",
                    Warning,
                    letters.Count == 1
                        ? "1 event was refused by its sink and waits for a decision."
                        : $"{letters.Count} events were refused by their sinks and wait for a decision.",
                    "ingestdeadlettersgrowing");
        }
    }
}
