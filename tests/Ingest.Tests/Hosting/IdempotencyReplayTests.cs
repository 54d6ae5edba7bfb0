using System.Buffers;
using System.Text;
using Ingest.Events;
using Ingest.Hosting.Lifecycle;
using Ingest.Intake.Idempotency;
using Ingest.Queue;
using Ingest.Testing;
using Ingest.Tests.Queue;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Hosting;

public sealed class IdempotencyReplayTests
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(10);
    private static readonly RequestMark Mark = RequestMark.OfKey("s", "", "key", default, "1"u8);

    [Fact]
    public async Task What_the_log_has_of_the_windows_time_is_known_again()
    {
        using var queue = new QueueFixture();
        await queue.Queue.SubmitAsync(QueueFixture.Batch("0"), "s", TestContext.Current.CancellationToken);
        await SubmitMarkedAsync(queue);
        await queue.Queue.SubmitAsync(QueueFixture.Batch("2"), "s", TestContext.Current.CancellationToken);
        var window = new IdempotencyWindow(Span, 100, TimeProvider.System);

        using var file = new IdempotencyFile(queue.Directory, queue.Log);
        await using var recall = Recall(queue, file, window);
        await recall.Ended;

        Assert.False(window.IsRecovering);
        Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, 2, 1), window.Claim(Mark));
    }

    [Fact]
    public async Task While_the_disk_cannot_be_read_nobody_is_told_a_guess_and_the_log_is_kept()
    {
        var disk = new UnreadableDisk();
        using var queue = new QueueFixture(disk: disk.Around);
        await SubmitMarkedAsync(queue);
        var window = new IdempotencyWindow(Span, 100, TimeProvider.System);
        using var file = new IdempotencyFile(queue.Directory, queue.Log);
        disk.IsUnreadable = true;

        await using var recall = Recall(queue, file, window);
        await Poll.Until("it was tried", () => disk.Refused > 0);
        Assert.True(window.IsRecovering);
        Assert.Equal(1, recall.ReadFrom);

        disk.IsUnreadable = false;
        await recall.Ended;
        Assert.Equal(new IdempotencyClaim(ClaimOutcome.Replayed, 1, 1), window.Claim(Mark));
    }

    [Fact]
    public async Task An_exception_of_any_kind_is_tried_again_until_the_windows_time_has_passed()
    {
        var disk = new UnreadableDisk { Failure = () => new InvalidOperationException("a mistake in the code") };
        using var queue = new QueueFixture(disk: disk.Around);
        await SubmitMarkedAsync(queue);
        var time = new FakeTime();
        var window = new IdempotencyWindow(Span, 100, time);
        using var file = new IdempotencyFile(queue.Directory, queue.Log);
        disk.IsUnreadable = true;

        await using var recall = Recall(queue, file, window, time);
        await Poll.Until("it was tried", () => disk.Refused > 0);
        Assert.True(window.IsRecovering);

        time.Advance(Span);
        await recall.Ended;
        Assert.False(window.IsRecovering);
        Assert.Equal(ClaimOutcome.New, window.Claim(Mark).Outcome);
    }

    [Fact]
    public async Task A_node_that_stops_while_it_recalls_waits_for_no_more_and_saves_nothing_of_half_a_window()
    {
        var disk = new UnreadableDisk();
        using var queue = new QueueFixture(disk: disk.Around);
        await SubmitMarkedAsync(queue);
        var window = new IdempotencyWindow(Span, 100, TimeProvider.System);
        using var file = new IdempotencyFile(queue.Directory, queue.Log);
        disk.IsUnreadable = true;
        var recall = Recall(queue, file, window);
        var keeping = new IdempotencyKeeping(
            queue.Log, recall, file, window, TimeProvider.System, NullLogger<IdempotencyKeeping>.Instance, saveBytes: 1);
        keeping.Start();
        await Poll.Until("it was tried", () => disk.Refused > 0);

        // In the order in which the node closes them.
        await keeping.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await recall.DisposeAsync();
        Assert.True(window.IsRecovering);
        Assert.Equal(0, file.Through);
        Assert.False(File.Exists(Path.Combine(queue.Directory.Path, IdempotencyFile.Name)));
    }

    [Fact]
    public async Task Without_a_window_nothing_is_read_and_nothing_kept()
    {
        using var queue = new QueueFixture();
        await SubmitMarkedAsync(queue);
        var window = new IdempotencyWindow(TimeSpan.Zero, 100, TimeProvider.System);

        using var file = new IdempotencyFile(queue.Directory, queue.Log);
        await using var recall = Recall(queue, file, window);

        Assert.True(recall.Ended.IsCompleted);
        Assert.False(window.IsRecovering);
    }

    private static IdempotencyReplay Recall(
        QueueFixture queue, IdempotencyFile file, IdempotencyWindow window, TimeProvider? time = null) =>
        new(queue.Log, file, window, Span, time ?? TimeProvider.System, NullLogger<IdempotencyReplay>.Instance);

    private static async Task SubmitMarkedAsync(QueueFixture queue)
    {
        var batch = RecordBatch.Rent();
        var mark = new byte[RequestMark.Bytes];
        Mark.Write(mark);
        batch.BeginRecord();
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds();
        EventEncoder.WriteHead(batch, EventFormat.Json, now, Encoding.UTF8.GetBytes("s"), default, default, default, default, mark);
        batch.Write("1"u8);
        batch.EndRecord();
        var receipt = await queue.Queue.SubmitAsync(batch, "s", TestContext.Current.CancellationToken);
        Assert.Equal(CommitStatus.Durable, receipt.Status);
    }

    /// <summary>A real directory whose files cannot be opened for a while.</summary>
    private sealed class UnreadableDisk
    {
        private int _refused;

        internal volatile bool IsUnreadable;

        internal Func<Exception> Failure { get; init; } =
            () => new StorageException(StorageFailure.Failed, "The file cannot be read: input/output error.", 5);

        internal int Refused => Volatile.Read(ref _refused);

        internal IWalDirectory Around(IWalDirectory real) => new Unreadable(real, this);

        private sealed class Unreadable(IWalDirectory real, UnreadableDisk disk) : IWalDirectory
        {
            public string Path => real.Path;

            public long FreeBytes => real.FreeBytes;

            public IReadOnlyList<string> List(string folder = "") => real.List(folder);

            public void CreateFolder(string folder) => real.CreateFolder(folder);

            public IWalFile Create(string name) => real.Create(name);

            public IWalFile Open(string name, bool writable)
            {
                if (disk.IsUnreadable)
                {
                    Interlocked.Increment(ref disk._refused);
                    throw disk.Failure();
                }
                return real.Open(name, writable);
            }

            public void Rename(string from, string to) => real.Rename(from, to);

            public void Delete(string name) => real.Delete(name);

            public void Sync(string folder = "") => real.Sync(folder);

            public void Dispose() => real.Dispose();
        }
    }
}
