using System.Buffers;
using System.IO.Pipelines;
using Ingest.Operations.Debug.Recording;
using Ingest.Testing;

namespace Ingest.Tests.Operations.Debug;

/// <summary>The runtime waits for its reader, and holds up who stops it: a recording ends whatever its reader does.</summary>
public sealed class RecordingStreamTests : IDisposable
{
    private const int Block = 16 * 1024;
    private static readonly RecordingLimits Limits = new(64 << 20, 64 << 20);
    private static readonly Func<CancellationToken, Task<bool>> Over = _ => Task.FromResult(true);

    private readonly FakeTime _time = new();
    private readonly Runtime _runtime = new(blocks: 40);

    public void Dispose() => _runtime.Dispose();

    [Fact]
    public async Task A_recording_whose_request_was_cancelled_before_it_began_reads_all_and_stops_the_runtime()
    {
        using var gone = new CancellationTokenSource();
        await gone.CancelAsync();

        Assert.False(await RunUntilAsync(new Reader(), Over, gone.Token));

        Assert.True(_runtime.IsStopped);
        Assert.Equal(40 * Block, _runtime.Taken);
    }

    [Fact]
    public async Task A_reader_that_takes_a_block_in_five_seconds_gets_all_that_was_buffered()
    {
        var reader = new Reader { Pause = TimeSpan.FromSeconds(5), Time = _time };

        Assert.True(await AdvanceUntilOverAsync(RunAsync(reader, Over)));

        Assert.Equal(40 * Block, reader.Bytes);
    }

    [Theory]
    [InlineData(3600, 0)]
    [InlineData(15, 15 * Block)]
    public async Task A_reader_that_takes_nothing_or_takes_too_long_for_all_is_given_up_and_the_runtime_is_read_on(
        int pauseSeconds, int least)
    {
        var reader = new Reader { Pause = TimeSpan.FromSeconds(pauseSeconds), Time = _time };

        Assert.False(await AdvanceUntilOverAsync(RunAsync(reader, Over)));

        Assert.True(_runtime.IsStopped);
        Assert.Equal(40 * Block, _runtime.Taken);
        Assert.InRange(reader.Bytes, least, 25 * Block);
    }

    [Fact]
    public async Task A_recording_that_the_runtime_ends_by_itself_is_not_whole_and_nobody_waits_on()
    {
        _runtime.Finish();

        Assert.False(await RunAsync(new Reader(), WaitForEverAsync));
    }

    [Fact]
    public async Task A_recording_whose_event_did_not_come_is_not_whole()
    {
        Assert.False(await RunAsync(new Reader(), _ => Task.FromResult(false)));
    }

    private static async Task<bool> WaitForEverAsync(CancellationToken stop)
    {
        await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, stop);
        return true;
    }

    private Task<bool> RunAsync(Stream reader, Func<CancellationToken, Task<bool>> wait) =>
        RunUntilAsync(reader, wait, TestContext.Current.CancellationToken);

    private async Task<bool> RunUntilAsync(Stream reader, Func<CancellationToken, Task<bool>> wait, CancellationToken cancel)
    {
        using var recording = new RecordingStream(_runtime.Events, _runtime.StopAsync, reader, Limits, _time);
        return await recording.RunAsync(wait, cancel).WaitAsync(TimeSpan.FromSeconds(30), TimeProvider.System, CancellationToken.None);
    }

    private async Task<bool> AdvanceUntilOverAsync(Task<bool> run)
    {
        await Poll.Until("it is over", () =>
        {
            // Steps short of what is measured; each waits until the reader waits again.
            if (!run.IsCompleted && _time.ArmedTimers > 2)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
            return run.IsCompleted;
        });
        return await run;
    }

    /// <summary>Tells some blocks, and is stopped when all of them are taken, as the runtime is.</summary>
    private sealed class Runtime : IDisposable
    {
        private readonly Pipe _pipe = new(new PipeOptions(pauseWriterThreshold: 0));
        private readonly TaskCompletionSource _taken = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly CountingStream _events;

        internal Runtime(int blocks)
        {
            _events = new CountingStream(_pipe.Reader.AsStream(), _taken);
            _pipe.Writer.Write(new byte[blocks * Block]);
            _ = _pipe.Writer.FlushAsync().AsTask();
        }

        internal Stream Events => _events;

        internal long Taken => _events.Taken;

        internal bool IsStopped { get; private set; }

        public void Dispose() => _events.Dispose();

        internal void Finish() => _pipe.Writer.Complete();

        internal async Task StopAsync(CancellationToken cancel)
        {
            Finish();
            await _taken.Task.WaitAsync(cancel);
            IsStopped = true;
        }
    }

    private sealed class CountingStream(Stream inner, TaskCompletionSource end) : Sink
    {
        internal long Taken { get; private set; }

        public override bool CanRead => true;

        public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            var read = await inner.ReadAsync(buffer, cancellationToken);
            Taken += read;
            if (read == 0)
            {
                end.TrySetResult();
            }
            return read;
        }
    }

    private sealed class Reader : Sink
    {
        internal TimeSpan Pause { get; init; }

        internal TimeProvider Time { get; init; } = TimeProvider.System;

        internal long Bytes { get; private set; }

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Pause > TimeSpan.Zero)
            {
                await Task.Delay(Pause, Time, cancellationToken);
            }
            Bytes += buffer.Length;
        }
    }

    private abstract class Sink : Stream
    {
        public override bool CanRead => false;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
