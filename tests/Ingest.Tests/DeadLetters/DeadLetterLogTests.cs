using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Testing;
using Ingest.Tests.Sinks.File;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Tests.DeadLetters;

/// <summary>The dead letters' log while it closes under those that append to it.</summary>
public sealed class DeadLetterLogTests
{
    private static readonly TimeSpan InTime = TimeSpan.FromSeconds(30);

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_log_closes_after_the_append_under_way_and_refuses_those_that_wait()
    {
        using var directory = new TemporaryDirectory();
        using var places = new SlowPlaces();
        var log = DeadLetterLog.Open(
            places, directory["dead"], Guid.NewGuid(), DeadLettersFixture.SegmentBytes, new LaneBeginnings(), TimeProvider.System);
        places.IsHeld = true;
        using var records = Letter();
        var underWay = log.AppendAsync(records, Cancel).AsTask();
        await places.Reached.WaitAsync(InTime, Cancel);
        using var others = Letter();
        var waiting = log.AppendAsync(others, Cancel).AsTask();

        var closing = log.DisposeAsync().AsTask();
        Assert.False(closing.IsCompleted);
        places.Release();
        await closing.WaitAsync(InTime, Cancel);

        Assert.Equal(1, await underWay);
        // The close asked for its turn after this append did, and may have had it before.
        if (await Record.ExceptionAsync(() => waiting) is { } refused)
        {
            Assert.IsType<DeadLettersBlockedException>(refused);
        }
        await Assert.ThrowsAsync<DeadLettersBlockedException>(() => log.AppendAsync(records, Cancel).AsTask());
        await log.DisposeAsync();
    }

    private static RecordBatch Letter()
    {
        var records = RecordBatch.Rent();
        DeadLetterRecordWriter.WriteBegun(records, DeadLettersFixture.Lane, 0);
        return records;
    }

    /// <summary>Holds the first write after it is told to, until it is released.</summary>
    private sealed class SlowPlaces : FileSystemPlaces, IDisposable
    {
        private readonly SemaphoreSlim _gate = new(0);
        private readonly TaskCompletionSource _reached = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal bool IsHeld { get; set; }

        internal Task Reached => _reached.Task;

        internal void Release()
        {
            IsHeld = false;
            _gate.Release();
        }

        public void Dispose() => _gate.Dispose();

        public override IWalDirectory Open(string directory) => new FailingDirectory(base.Open(directory)) { Fail = Hold };

        private Exception? Hold(string operation, string name)
        {
            if (IsHeld && operation == "write")
            {
                _reached.TrySetResult();
                _gate.Wait();
            }
            return null;
        }
    }
}
