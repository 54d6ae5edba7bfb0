using Ingest.Hosting.Lifecycle;
using Ingest.Intake.Producers;
using Ingest.Queue;
using Ingest.Testing;
using Ingest.Tests.Intake;
using Ingest.Tests.Intake.Producers;
using Ingest.Tests.Queue;
using Ingest.Wal.Retention;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Hosting;

/// <summary>What is known of producers is known again after a restart, from a real log and its file.</summary>
public sealed class ProducerKeepingTests : IDisposable
{
    private readonly QueueFixture _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task After_a_kill_the_log_alone_tells_repeats_with_their_positions()
    {
        var sequences = NewSequences();
        await StoreAsync(sequences, 1, 0, 2);
        await StoreAsync(sequences, 1, 2, 3);

        var known = NewSequences();
        await using var keeping = Keep(known);
        Assert.Equal(0, keeping.SavedThrough);
        await keeping.Recovered;
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 3), known.Claim(NumberedBatch.Mark("p", 1, 2), 3));
        Assert.Equal(new ProducerClaim(ProducerOutcome.Gap, 1, 5), known.Claim(NumberedBatch.Mark("p", 1, 6), 1));
    }

    [Fact]
    public async Task The_log_is_kept_until_the_file_has_what_it_holds_and_then_may_go()
    {
        var sequences = NewSequences();
        await using (var keeping = Keep(sequences))
        {
            await keeping.Recovered;
            Assert.Equal(long.MaxValue, keeping.SavedThrough);
            await StoreAsync(sequences, 1, 0, 2);
            Assert.Equal(0, keeping.SavedThrough);
        }
        // Segments without marks follow, and what is before them is given back.
        for (var i = 0; i < 4; i++)
        {
            var large = QueueFixture.Batch("\"" + new string('x', 600_000) + "\"");
            await _queue.Queue.SubmitAsync(large, "s", TestContext.Current.CancellationToken);
        }
        _queue.Log.Reclaim(new ReclaimLimits(_queue.Log.DurableSequence, long.MaxValue, 0));
        Assert.True(_queue.Log.FirstSequence > 2);

        var known = NewSequences();
        await using var again = Keep(known);
        await again.Recovered;
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 1), known.Claim(NumberedBatch.Mark("p", 1, 0), 2));
    }

    [Fact]
    public async Task A_save_that_fails_keeps_the_log_until_one_succeeds()
    {
        // Nothing can be written where the file is written aside: as on a disk that is full.
        var aside = Path.Combine(_queue.Directory.Path, ProducerFile.Name + ".tmp");
        Directory.CreateDirectory(Path.Combine(aside, "in-the-way"));
        var time = new FakeTime();
        using var logs = new CollectedLogs();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        var sequences = NewSequences();
        await using (var keeping = Keep(sequences, time, factory.CreateLogger<ProducerKeeping>()))
        {
            await keeping.Recovered;
            keeping.Start();
            await StoreAsync(sequences, 1, 0, 2);
            await PassAsync(time, "the save fails", () => logs.Lines.Any(line => line.Contains(" 9043 ", StringComparison.Ordinal)));
            Assert.Equal(0, keeping.SavedThrough);

            Directory.Delete(aside, recursive: true);
            await PassAsync(time, "the save succeeds", () => keeping.SavedThrough == long.MaxValue);
        }
        var known = NewSequences();
        await using var again = Keep(known);
        await again.Recovered;
        Assert.Equal(new ProducerClaim(ProducerOutcome.Repeat, Position: 1), known.Claim(NumberedBatch.Mark("p", 1, 0), 2));
    }

    [Fact]
    public async Task A_damaged_file_is_put_aside_and_the_whole_log_read()
    {
        var sequences = NewSequences();
        await using (var keeping = Keep(sequences))
        {
            await keeping.Recovered;
            await StoreAsync(sequences, 1, 0, 2);
        }
        var path = Path.Combine(_queue.Directory.Path, ProducerFile.Name);
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        content[20] ^= 1;
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);

        var known = NewSequences();
        await using (var again = Keep(known))
        {
            await again.Recovered;
            Assert.Equal(ProducerOutcome.Repeat, known.Claim(NumberedBatch.Mark("p", 1, 0), 2).Outcome);

            // The log alone has it now.
            Assert.Equal(0, again.SavedThrough);
        }
        Assert.True(File.Exists(Path.Combine(_queue.Directory.Path, ProducerFile.DamagedName)));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task After_a_damaged_file_a_save_does_not_wait_for_its_time()
    {
        var sequences = NewSequences();
        await using (var keeping = Keep(sequences))
        {
            await keeping.Recovered;
            await StoreAsync(sequences, 1, 0, 2);
        }
        var path = Path.Combine(_queue.Directory.Path, ProducerFile.Name);
        await File.WriteAllTextAsync(path, "damaged", TestContext.Current.CancellationToken);
        var time = new FakeTime();
        await using var again = Keep(NewSequences(), time);
        await again.Recovered;
        again.Start();
        await Poll.Until("it waits", () => time.ArmedTimers > 0);
        time.Advance(TimeSpan.FromSeconds(1));
        await Poll.Until("it is saved", () => again.SavedThrough == long.MaxValue);
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task While_the_log_cannot_be_read_nothing_is_told()
    {
        var sequences = NewSequences();
        sequences.IsRecovering = true;
        var result = await new SequencedSubmit(_queue.Queue.SubmitAsync, sequences).SubmitAsync(
            NumberedBatch.Encode(NumberedBatch.Mark("p", 1, 0), ["1"], DateTimeOffset.UnixEpoch), NumberedBatch.Mark("p", 1, 0), "s");
        Assert.Equal("starting", result.Problem.Kind.Code);
    }

    [Fact]
    public async Task Without_producers_nothing_is_read_and_nothing_kept()
    {
        await using var keeping = Keep(new ProducerSequences(0, TimeSpan.FromDays(7), TimeProvider.System));
        Assert.True(keeping.Recovered.IsCompleted);
        Assert.Equal(long.MaxValue, keeping.SavedThrough);
    }

    private static ProducerSequences NewSequences() => new(100, TimeSpan.FromDays(7), TimeProvider.System);

    private ProducerKeeping Keep(ProducerSequences sequences, TimeProvider? time = null, ILogger<ProducerKeeping>? logger = null) => new(
        _queue.Log,
        new ProducerFile(_queue.Directory, _queue.Log),
        sequences,
        time ?? TimeProvider.System,
        logger ?? NullLogger<ProducerKeeping>.Instance);

    private static Task PassAsync(FakeTime time, string what, Func<bool> condition) => Poll.Until(what, () =>
    {
        time.Advance(TimeSpan.FromSeconds(10));
        return condition();
    });

    private async Task StoreAsync(ProducerSequences sequences, long epoch, long first, int count)
    {
        var mark = NumberedBatch.Mark("p", epoch, first);
        var batch = NumberedBatch.Encode(mark, [.. Enumerable.Repeat("1", count)], TimeProvider.System.GetUtcNow());
        var result = await new SequencedSubmit(_queue.Queue.SubmitAsync, sequences).SubmitAsync(batch, mark, "s");
        Assert.Equal(CommitStatus.Durable, result.Receipt.Status);
    }
}
