using System.Buffers;
using Ingest.Kafka.Tests.Cluster;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>What clients were told, held against what is in the topic after everything was delivered.</summary>
internal sealed class TopicAudit
{
    private TopicAudit(EventJournal journal, IReadOnlyList<KafkaRecord> records)
    {
        var firsts = records.DistinctBy(record => record.Sequence).ToList();
        var stored = firsts.ToDictionary(record => record.Sequence);
        Accepted = journal.AcceptedEvents;
        Duplicates = records.Count - firsts.Count;
        Misordered = CountMisordered(firsts);
        var body = new ArrayBufferWriter<byte>();
        foreach (var attempt in journal.Attempts.Where(attempt => attempt.Outcome == AttemptOutcome.Accepted))
        {
            for (var i = 0; i < attempt.Count; i++)
            {
                if (!stored.TryGetValue(attempt.FirstSequence + i, out var record))
                {
                    Lost++;
                    continue;
                }
                body.ResetWrittenCount();
                journal.Source.WriteJson(attempt.FirstId + i, body);
                Differing += body.WrittenSpan.SequenceEqual(record.Value) && (record.Key ?? "") == attempt.Key ? 0 : 1;
            }
        }
    }

    /// <summary>Events answered with 202.</summary>
    internal long Accepted { get; }

    /// <summary>Of these, those that are not in the topic.</summary>
    internal int Lost { get; }

    /// <summary>Of these, those with other bytes or another key.</summary>
    internal int Differing { get; }

    /// <summary>Messages beyond the first of their number.</summary>
    internal int Duplicates { get; }

    /// <summary>First messages of an event that stand behind one of a later event with the same key.</summary>
    internal int Misordered { get; }

    /// <summary>Judges. Records stand in the order of their partition.</summary>
    internal static TopicAudit Judge(EventJournal journal, IReadOnlyList<KafkaRecord> records) => new(journal, records);

    // A key that is in two partitions has no order at all.
    private static int CountMisordered(IEnumerable<KafkaRecord> firsts) =>
        firsts.Where(record => record.Key is not null).GroupBy(record => record.Key).Sum(ofKey =>
            ofKey.Zip(ofKey.Skip(1)).Count(pair =>
                pair.First.Sequence >= pair.Second.Sequence || pair.First.Partition != pair.Second.Partition));
}
