using System.Text;
using Ingest.Events;
using Ingest.Hosting.Lifecycle;
using Ingest.Intake.Idempotency;
using Ingest.Queue;
using Ingest.Testing;
using Ingest.Tests.Intake;
using Ingest.Tests.Queue;
using Ingest.Wal.Retention;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Hosting;

/// <summary>Repeats are known again after a restart, from a real log and the file of what it has given back.</summary>
public sealed class IdempotencyKeepingTests : IDisposable
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    private readonly QueueFixture _queue = new();

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task The_log_is_kept_until_the_file_has_what_it_holds_and_then_may_go()
    {
        await using (var node = await OpenAsync())
        {
            Assert.Equal(long.MaxValue, node.Keeping.KeepFrom);
            await StoreAsync(node, 1, 2);
            Assert.Equal(1, node.Keeping.KeepFrom);
            await StoreLargeAsync();
            node.Keeping.Look();
            Assert.Equal(long.MaxValue, node.Keeping.KeepFrom);
        }
        _queue.Log.Reclaim(new ReclaimLimits(_queue.Log.DurableSequence, long.MaxValue, 0));
        Assert.True(_queue.Log.FirstSequence > 2);

        await using var again = await OpenAsync();
        Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, 1, 2), again.Window.Claim(Mark(1)));
    }

    [Fact]
    public async Task A_save_waits_for_requests_that_were_durable_when_it_began()
    {
        var node = await OpenAsync();
        Assert.Equal(ClaimOutcome.New, node.Window.Claim(Mark(1)).Outcome);
        var receipt = await SubmitAsync(1, 1);
        await StoreLargeAsync();
        node.Keeping.Look();
        Assert.Equal(1, node.Keeping.KeepFrom);

        // It has what was durable when it began, and others were in flight since.
        node.Window.Settle(Mark(1), receipt.First, 1);
        node.Keeping.Look();
        Assert.Equal(4, node.Keeping.KeepFrom);
        node.Kill();
        await using var again = await OpenAsync();
        Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, 1, 1), again.Window.Claim(Mark(1)));
    }

    [Fact]
    public async Task A_save_that_fails_keeps_the_log_until_one_succeeds()
    {
        // Nothing can be written where the file is written aside: as on a disk that is full.
        var aside = Path.Combine(_queue.Directory.Path, IdempotencyFile.Name + ".tmp");
        Directory.CreateDirectory(Path.Combine(aside, "in-the-way"));
        var time = new FakeTime();
        using var logs = new CollectedLogs();
        using var factory = LoggerFactory.Create(logging => logging.AddProvider(logs));
        await using var node = await OpenAsync(time, factory.CreateLogger<IdempotencyKeeping>());
        await StoreAsync(node, 1, 1);
        await StoreLargeAsync();
        node.Keeping.Look();
        Assert.Contains(logs.Lines, line => line.Contains(" 9045 ", StringComparison.Ordinal));
        Assert.Equal(1, node.Keeping.KeepFrom);

        Directory.Delete(aside, recursive: true);
        time.Advance(TimeSpan.FromSeconds(5));
        node.Keeping.Look();
        Assert.Equal(long.MaxValue, node.Keeping.KeepFrom);
    }

    [Fact]
    public async Task A_damaged_file_is_put_aside_and_the_log_read()
    {
        await using (var node = await OpenAsync())
        {
            await StoreAsync(node, 1, 1);
        }
        var path = Path.Combine(_queue.Directory.Path, IdempotencyFile.Name);
        var content = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
        content[20] ^= 1;
        await File.WriteAllBytesAsync(path, content, TestContext.Current.CancellationToken);

        await using (var again = await OpenAsync())
        {
            Assert.Equal(ClaimOutcome.Replayed, again.Window.Claim(Mark(1)).Outcome);
            again.Window.Abandon(Mark(1));
        }
        Assert.True(File.Exists(Path.Combine(_queue.Directory.Path, IdempotencyFile.DamagedName)));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public async Task After_a_damaged_file_the_log_is_kept_from_its_beginning_and_a_save_is_due_at_once()
    {
        await using (var node = await OpenAsync())
        {
            await StoreAsync(node, 1, 1);
        }
        var path = Path.Combine(_queue.Directory.Path, IdempotencyFile.Name);
        await File.WriteAllTextAsync(path, "damaged", TestContext.Current.CancellationToken);

        await using var again = await OpenAsync(saveBytes: long.MaxValue);
        Assert.Equal(1, again.Keeping.KeepFrom);
        again.Keeping.Look();
        Assert.Equal(long.MaxValue, again.Keeping.KeepFrom);
        Assert.Equal(_queue.Log.DurableSequence, again.File.Through);
    }

    [Fact]
    public async Task A_save_comes_when_a_quarter_of_the_logs_limit_lies_behind_the_file_or_when_it_is_asked_for()
    {
        await using var node = await OpenAsync(saveBytes: long.MaxValue, logBytesMax: 4 * 1024 * 1024);
        await StoreAsync(node, 1, 1);
        node.Keeping.Look();
        Assert.Equal(0, node.File.Through);
        await StoreLargeAsync();
        node.Keeping.Look();
        Assert.Equal(_queue.Log.DurableSequence, node.File.Through);

        await StoreAsync(node, 2, 1);
        node.Keeping.Look();
        Assert.NotEqual(_queue.Log.DurableSequence, node.File.Through);
        node.Keeping.SaveSoon();
        node.Keeping.Look();
        Assert.Equal(_queue.Log.DurableSequence, node.File.Through);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public async Task Whatever_order_requests_saves_and_kills_come_in_every_stored_request_is_a_repeat(int seed)
    {
        var random = new Random(seed);
        var stored = new Dictionary<int, (long First, int Count)>();
        var open = new Dictionary<int, (long First, int Count)>();
        var node = await OpenAsync();
        for (var step = 1; step <= 120; step++)
        {
            switch (random.Next(6))
            {
                case 0 or 1:
                    var count = random.Next(1, 4);
                    Assert.Equal(ClaimOutcome.New, node.Window.Claim(Mark(step)).Outcome);
                    open[step] = ((await SubmitAsync(step, count)).First, count);
                    break;
                case 2:
                    foreach (var (number, answer) in open)
                    {
                        node.Window.Settle(Mark(number), answer.First, answer.Count);
                        stored[number] = answer;
                    }
                    open.Clear();
                    break;
                case 3:
                    await StoreLargeAsync();
                    break;
                case 4:
                    node.Keeping.Look();
                    var upTo = Math.Min(_queue.Log.DurableSequence, node.Keeping.KeepFrom - 1);
                    _queue.Log.Reclaim(new ReclaimLimits(upTo, long.MaxValue, 0));
                    break;
                default:
                    // Killed: nothing is saved. What was durable is stored, whether or not it was answered.
                    node.Kill();
                    node = await OpenAsync();
                    open.ToList().ForEach(pair => stored[pair.Key] = pair.Value);
                    open.Clear();
                    foreach (var (number, answer) in stored)
                    {
                        var expected = new IdempotencyClaim(ClaimOutcome.Replayed, answer.First, answer.Count);
                        Assert.True(expected == node.Window.Claim(Mark(number)), $"seed {seed}, step {step}, request {number}");
                    }
                    break;
            }
        }
        node.Kill();
    }

    private static RequestMark Mark(int number) => new((UInt128)number, 0);

    private async Task<OpenedWindow> OpenAsync(
        TimeProvider? time = null, ILogger<IdempotencyKeeping>? logger = null, long saveBytes = 1, long logBytesMax = long.MaxValue)
    {
        time ??= TimeProvider.System;
        var window = new IdempotencyWindow(Span, 1000, time);
        var file = new IdempotencyFile(_queue.Directory, _queue.Log);
        var replay = new IdempotencyReplay(_queue.Log, file, window, Span, time, NullLogger<IdempotencyReplay>.Instance);
        await replay.Ended;
        logger ??= NullLogger<IdempotencyKeeping>.Instance;
        var keeping = new IdempotencyKeeping(_queue.Log, replay, file, window, time, logger, logBytesMax, saveBytes);
        return new OpenedWindow(window, file, keeping);
    }

    private async Task StoreAsync(OpenedWindow node, int number, int count)
    {
        Assert.Equal(ClaimOutcome.New, node.Window.Claim(Mark(number)).Outcome);
        node.Window.Settle(Mark(number), (await SubmitAsync(number, count)).First, count);
    }

    private async Task StoreLargeAsync()
    {
        for (var i = 0; i < 2; i++)
        {
            var large = QueueFixture.Batch("\"" + new string('x', 600_000) + "\"");
            await _queue.Queue.SubmitAsync(large, "s", TestContext.Current.CancellationToken);
        }
    }

    private async Task<CommitReceipt> SubmitAsync(int number, int count)
    {
        var batch = RecordBatch.Rent();
        var first = new byte[RequestMark.Bytes];
        Mark(number).Write(first);
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        for (var i = 0; i < count; i++)
        {
            batch.BeginRecord();
            var mark = i == 0 ? first : RequestMark.Continuation;
            EventEncoder.WriteHead(batch, EventFormat.Json, now, Encoding.UTF8.GetBytes("s"), default, default, default, default, mark);
            System.Buffers.BuffersExtensions.Write(batch, "1"u8);
            batch.EndRecord();
        }
        var receipt = await _queue.Queue.SubmitAsync(batch, "s", TestContext.Current.CancellationToken);
        Assert.Equal(CommitStatus.Durable, receipt.Status);
        return receipt;
    }

    private sealed record OpenedWindow(IdempotencyWindow Window, IdempotencyFile File, IdempotencyKeeping Keeping) : IAsyncDisposable
    {
        internal void Kill() => File.Dispose();

        public async ValueTask DisposeAsync()
        {
            await Keeping.DisposeAsync();
            File.Dispose();
        }
    }
}
