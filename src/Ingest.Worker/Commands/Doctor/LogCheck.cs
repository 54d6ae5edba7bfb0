using Ingest.Publishing.Lanes;
using Ingest.Queue;
using Ingest.Wal.Inspection;
using Ingest.Wal.Storage;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>The log on the disk, also beside a node that runs: what it holds, who is owed what, and what was damaged.</summary>
internal static class LogCheck
{
    internal static IEnumerable<Diagnosis> Look(Patient patient)
    {
        if (!Directory.Exists(patient.LogDirectory))
        {
            return [new Diagnosis("log", Verdict.Skipped, $"There is none in {patient.LogDirectory}: the first start makes it.")];
        }
        try
        {
            using var directory = WalDirectory.OpenReadOnly(patient.LogDirectory);
            return Judge(LogInspector.Summarize(directory), patient.Settings.Get<WalSettings>().BytesMax);
        }
        catch (StorageException e)
        {
            return [new Diagnosis("log", Verdict.Bad, e.Message, "Run it as the user the node runs as; else `ingest wal verify`.")];
        }
    }

    internal static IEnumerable<Diagnosis> Judge(LogSummary log, long bytesMax)
    {
        var found = $"Events {Humanize.Count(log.FirstSequence)} to {Humanize.Count(log.LastSequence)}, {Humanize.Bytes(log.Bytes)} of "
            + $"{Humanize.Bytes(bytesMax)} in {Humanize.Count(log.Segments.Count, "segment")}.";
        yield return log.Bytes > bytesMax * 0.85
            ? new Diagnosis("log", Verdict.Warning, found, "It is nearly full: docs/operating.md#ingestlogfilling")
            : new Diagnosis("log", Verdict.Good, found);
        foreach (var cursor in log.Cursors.Where(cursor => LaneSet.IsLane(cursor.Name)))
        {
            yield return new Diagnosis(
                "cursor", Verdict.Good, $"{cursor.Name} is owed {Humanize.Count(log.PendingBehind(cursor.Sequence), "event")}.");
        }
        if (log.Quarantine.Count > 0)
        {
            yield return new Diagnosis(
                "damage",
                Verdict.Bad,
                $"{Humanize.Count(log.Quarantine.Count, "damaged place")} copied to quarantine/.",
                "See what is lost: `ingest wal verify`. docs/operating.md#ingesteventslost");
        }
    }
}
