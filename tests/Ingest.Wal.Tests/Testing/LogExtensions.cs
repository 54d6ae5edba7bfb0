using System.Text;
using Ingest.Wal.Reading;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Testing;

/// <summary>What most tests do with a log.</summary>
internal static class LogExtensions
{
    /// <summary>A batch of these texts.</summary>
    internal static RecordBatch Batch(params IEnumerable<string> records)
    {
        var batch = RecordBatch.Rent();
        foreach (var record in records)
        {
            batch.BeginRecord();
            Encoding.UTF8.GetBytes(record, batch);
            batch.EndRecord();
        }
        return batch;
    }

    /// <summary>Adds a batch; false: the group is full.</summary>
    internal static bool Add(this WriteAheadLog log, params IEnumerable<string> records)
    {
        using var batch = Batch(records);
        return log.TryAdd(batch, out _);
    }

    /// <summary>Commits a group of one batch, which must succeed.</summary>
    internal static void Append(this WriteAheadLog log, params IEnumerable<string> records) => log.AppendAt(0, records);

    /// <summary>Commits a group of one batch at a wall time.</summary>
    internal static void AppendAt(this WriteAheadLog log, long unixMs, params IEnumerable<string> records)
    {
        Assert.True(log.Add(records));
        Assert.Equal(CommitOutcome.Committed, log.Commit(unixMs));
    }

    /// <summary>Appends records of so many bytes, each its own group, whose text begins with their number.</summary>
    internal static void Fill(this WriteAheadLog log, int records, int bytes = 1000)
    {
        for (var i = 0; i < records; i++)
        {
            log.Append(Text(log.NextSequence, bytes));
        }
    }

    /// <summary>What <see cref="Fill"/> writes for a number.</summary>
    internal static string Text(long sequence, int bytes = 1000) => $"record {sequence} ".PadRight(bytes, (char)('a' + (sequence % 26)));

    /// <summary>Opens a cursor, saves these positions one after another, without annotations, and closes it.</summary>
    internal static void SaveCursor(this WriteAheadLog log, string name, params ReadOnlySpan<long> sequences)
    {
        using var cursor = log.OpenCursor(name);
        foreach (var sequence in sequences)
        {
            cursor.Save(sequence, default);
        }
    }

    /// <summary>Everything a new reader finds until it has caught up.</summary>
    internal static LogContent ReadAll(this WriteAheadLog log, long from = 1)
    {
        using var reader = log.OpenReader(from);
        return reader.ReadAll();
    }

    /// <summary>Everything a reader finds until it has caught up.</summary>
    internal static LogContent ReadAll(this WalReader reader)
    {
        var content = new LogContent([], []);
        while (true)
        {
            switch (reader.Read())
            {
                case WalReadStatus.Record:
                    content.Records.Add(reader.Sequence, Encoding.UTF8.GetString(reader.Body));
                    break;
                case WalReadStatus.Gap when reader.Gap.Skipped:
                    content.Skips.Add(reader.Gap);
                    break;
                case WalReadStatus.Gap:
                    content.Gaps.Add(reader.Gap);
                    break;
                default:
                    return content;
            }
        }
    }
}
