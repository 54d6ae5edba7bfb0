using System.Globalization;
using Ingest.Simulation.Disk;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Wal.Reading;
using Ingest.Wal.Tests.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Wal.Tests.Model;

/// <summary>
/// A disk that says a flush is done and loses it in the next power cut. Nothing can keep what such a disk acknowledged; the log must still
/// open, and what it gives back must be what was written, under its number and in order.
/// </summary>
public sealed class LyingDiskTests(ITestOutputHelper output)
{
    private const int Cuts = 500;

    [Fact]
    public void What_a_lying_disk_keeps_comes_back_unchanged_and_in_order()
    {
        var (acknowledged, lost) = (0L, 0L);
        var first = 1 + ((Run() - 1) * Cuts);
        for (var seed = first; seed < first + Cuts; seed++)
        {
            var random = new Random(seed);
            var disk = new SimulatedDisk(seed);
            var written = Write(disk, random);
            disk.Crash((CrashStyle)random.Next(1, Enum.GetValues<CrashStyle>().Length), seed);
            var given = Read(disk);
            Assert.True(given.Keys.SequenceEqual(given.Keys.Order()), $"seed {seed}");
            Assert.All(given, record => Assert.Equal((seed, written[record.Key]), (seed, record.Value)));
            acknowledged += written.Count;
            lost += written.Count - given.Count;
        }
        // What it lost was lost by the disk: the table says so.
        output.WriteLine(new ProofLine
        {
            Injections = Cuts,
            Acknowledged = acknowledged,
            Lost = lost,
            Twice = 0,
            Misordered = 0,
            FalseAnswers = lost,
        }.ToString());
        Assert.True(lost > 0, "The disk did not lie.");
    }

    /// <summary>The cuts that are tried: those behind the ones of the run before. 1 where <c>INGEST_SEED</c> says nothing.</summary>
    private static int Run() =>
        int.TryParse(Environment.GetEnvironmentVariable("INGEST_SEED"), CultureInfo.InvariantCulture, out var run) && run > 0
            ? run
            : 1;

    private static Dictionary<long, string> Write(SimulatedDisk disk, Random random)
    {
        var written = new Dictionary<long, string>();
        var log = WriteAheadLog.Open(new MutantDirectory(disk.Mount(), Mutation.SkipsDataFlush), TestDisk.Small);
        for (var group = random.Next(1, 30); group > 0; group--)
        {
            var text = string.Create(CultureInfo.InvariantCulture, $"event {random.Next()} {new string('x', random.Next(400))}");
            var number = log.NextSequence;
            Assert.True(log.Add(text));
            Assert.Equal(CommitOutcome.Committed, log.Commit(0));
            written.Add(number, text);
        }
        return written;
    }

    private static Dictionary<long, string> Read(SimulatedDisk disk)
    {
        var given = new Dictionary<long, string>();
        using var log = WriteAheadLog.Open(disk.Mount(), TestDisk.Small);
        using var reader = log.OpenReader(1);
        while (reader.Read() is var status and not WalReadStatus.CaughtUp)
        {
            if (status == WalReadStatus.Record)
            {
                given.Add(reader.Sequence, System.Text.Encoding.UTF8.GetString(reader.Body));
            }
        }
        return given;
    }
}
