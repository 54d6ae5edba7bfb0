using Ingest.Operations.Attention;
using Ingest.Operations.Status;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>The running node as it says it is.</summary>
internal static class NodeCheck
{
    internal static async Task<IReadOnlyList<Diagnosis>> LookAsync(Patient patient, CancellationToken cancel)
    {
        if (patient.Settings.Errors.Count > 0)
        {
            return [new Diagnosis("node", Verdict.Skipped, "Where it listens is not known with wrong settings.")];
        }
        try
        {
            using var client = patient.Connect();
            return [.. Judge(await client.StatusAsync(cancel))];
        }
        catch (CommandFailure failure) when (failure.ExitCode == ExitCode.Unavailable)
        {
            return [new Diagnosis("node", Verdict.Skipped, failure.Message)];
        }
    }

    internal static IEnumerable<Diagnosis> Judge(NodeStatus status)
    {
        var found = $"{status.Node}: {status.State}, up {Humanize.Seconds(status.UptimeSeconds)}.";
        yield return status.Ready
            ? new Diagnosis("node", Verdict.Good, found)
            : new Diagnosis(
                "node",
                Verdict.Bad,
                $"{found} Not ready: {string.Join(' ', status.Reasons.Select(reason => $"{reason.Code}: {reason.Detail}"))}",
                "docs/operating.md#from-symptom-to-action");
        foreach (var lane in status.Lanes)
        {
            yield return Judge(lane, status.Attention.Where(item => item.Subject == lane.Name));
        }
        if (status.Policy?.Error is { } error)
        {
            yield return new Diagnosis("policy", Verdict.Bad, error, "Correct the file: the old policy is in force until then.");
        }
        foreach (var item in status.Attention.Where(item => item.Code == "log_filling"))
        {
            yield return new Diagnosis("log", VerdictOf(item), item.What, item.Section);
        }
    }

    /// <summary>
    /// One lane, with what the strip says of it: the worst of that goes before what stays of the past, as dead letters do.
    /// </summary>
    internal static Diagnosis Judge(LaneView lane, IEnumerable<AttentionItem> items)
    {
        var item = items.OrderByDescending(VerdictOf).FirstOrDefault();
        var found = $"{lane.Name}: {lane.State}, {Humanize.Count(lane.PendingEvents, "event")} pending"
            + (lane.PendingEvents > 0 ? $", the oldest {Humanize.Seconds(lane.LagSeconds)} old." : ".");
        var judged = lane switch
        {
            { Sum.Balanced: false } => new Diagnosis("lane", Verdict.Bad, found, "Its sum is wrong: docs/operating.md#ingestnotbalanced"),
            { State: "blocked" } => new Diagnosis("lane", Verdict.Bad, found, "docs/operating.md#ingestlaneblocked"),
            { Breaker: "open" } or { State: "open" or "backing_off" } => new Diagnosis(
                "lane", Verdict.Warning, found, "docs/operating.md#ingestbreakeropen"),
            { UnreachableSince: not null } => new Diagnosis(
                "lane", Verdict.Bad, $"{found} It does not reach its sink.", "docs/operating.md#ingestbreakeropen"),
            _ when item is not null => new Diagnosis("lane", VerdictOf(item), $"{found} {item.What}", item.Section),
            { ParkedEvents: > 0 } => new Diagnosis("lane", Verdict.Warning, found, "docs/operating.md#parked-events"),
            { Sum.DeadLettered: > 0 } => new Diagnosis(
                "lane", Verdict.Warning, found, "It has dead letters: docs/operating.md#ingestdeadlettersgrowing"),
            _ => new Diagnosis("lane", Verdict.Good, found),
        };
        return judged with { Reason = lane.Reason };
    }

    private static Verdict VerdictOf(AttentionItem item) => item.Severity == "bad" ? Verdict.Bad : Verdict.Warning;
}
