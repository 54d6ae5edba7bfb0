using System.Diagnostics;
using Microsoft.Extensions.Logging;
using OpenTelemetry;

namespace Ingest.Operations.Telemetry;

/// <summary>
/// Sends spans to the collector in batches, on a thread of its own. What the collector does not take is kept in memory and sent again: at
/// most <see cref="SpansMax"/> spans, none for longer than <see cref="RetryMax"/>. What exceeds either is dropped and counted.
/// </summary>
/// <remarks>The order of spans means nothing, so one batch is tried until it is sent or dropped, and the others wait behind it.</remarks>
internal sealed class SpanSender : BaseExportProcessor<Activity>
{
    /// <summary>Spans that wait at most, the batch under way not counted.</summary>
    internal const int SpansMax = 8192;

    private const int BatchMax = 512;

    /// <summary>How long a batch is tried.</summary>
    internal static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(5);

    private static readonly TimeSpan PauseMin = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(30);

    private readonly CollectorAnswers _answers;
    private readonly TimeSpan _delay;
    private readonly Instruments _instruments;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly Thread _thread;
    private readonly ManualResetEventSlim _wake = new();
    private readonly ManualResetEventSlim _stop = new();
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly Queue<Activity> _waiting = new();

    // The thread only: since when the collector has not taken spans; how many were dropped since that was last said.
    private long? _failingSince;

    // Any thread, Interlocked.
    private long _dropped;

    /// <summary>Starts the thread.</summary>
    /// <param name="exporter">Sends one batch; owned from here on.</param>
    /// <param name="answers">How the collector answered it.</param>
    /// <param name="delay">How long spans wait for company.</param>
    /// <param name="instruments">Where dropped spans are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For a collector that does not take spans.</param>
    internal SpanSender(
        BaseExporter<Activity> exporter,
        CollectorAnswers answers,
        TimeSpan delay,
        Instruments instruments,
        TimeProvider time,
        ILogger logger)
        : base(exporter)
    {
        (_answers, _delay, _instruments, _time, _logger) = (answers, delay, instruments, time, logger);
        _thread = new Thread(Run) { Name = "ingest-spans", IsBackground = true };
        _thread.Start();
    }

    /// <inheritdoc/>
    protected override void OnExport(Activity data)
    {
        if (!data.Recorded)
        {
            return;
        }
        int waiting;
        lock (_lock)
        {
            waiting = _waiting.Count;
            if (waiting < SpansMax)
            {
                _waiting.Enqueue(data);
            }
        }
        if (waiting >= SpansMax)
        {
            Drop(1);
        }
        else if (waiting + 1 == BatchMax)
        {
            _wake.Set();
        }
    }

    /// <inheritdoc/>
    protected override bool OnShutdown(int timeoutMilliseconds)
    {
        _stop.Set();
        _wake.Set();
        var ended = _thread.Join(timeoutMilliseconds);
        if (!ended)
        {
            Drop(TakeAll());
        }
        ReportDropped();
        return base.OnShutdown(timeoutMilliseconds) && ended;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        // A thread that is still sending ends with the process; it must not meet a closed event.
        if (disposing && !_thread.IsAlive)
        {
            _wake.Dispose();
            _stop.Dispose();
        }
    }

    private void Run()
    {
        while (true)
        {
            _wake.Wait(_delay);
            _wake.Reset();
            while (Take() is { Length: > 0 } batch)
            {
                Send(batch);
            }
            if (_stop.IsSet)
            {
                return;
            }
        }
    }

    private void Send(Activity[] batch)
    {
        var began = _time.GetTimestamp();
        var pause = PauseMin;
        while (!TryExport(batch))
        {
            _failingSince ??= Begin();
            var wait = _answers.RetryAfter is { } asked && asked > pause ? asked : pause;
            // A second try at the end, and no third: how long the end may take is decided by who waits for it.
            if (!_answers.MayRetry || _stop.IsSet || _time.GetElapsedTime(began) + wait > RetryMax)
            {
                Drop(batch.Length);
                ReportDropped();
                return;
            }
            _stop.Wait(wait);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
        ReportDropped();
        if (_failingSince is { } since)
        {
            Log.SpansTaken(_logger, _time.GetElapsedTime(since));
            _failingSince = null;
        }
    }

    // An exception that left the thread would end the process, for spans.
    private bool TryExport(Activity[] batch)
    {
        try
        {
            return exporter.Export(new Batch<Activity>(batch, batch.Length)) == ExportResult.Success;
        }
        catch (Exception e)
        {
            Log.SpansFailed(_logger, batch.Length, e);
            return false;
        }
    }

    private long Begin()
    {
        Log.SpansKept(_logger, _answers.Reason, SpansMax, RetryMax);
        return _time.GetTimestamp();
    }

    private Activity[] Take()
    {
        lock (_lock)
        {
            var batch = new Activity[Math.Min(_waiting.Count, BatchMax)];
            for (var i = 0; i < batch.Length; i++)
            {
                batch[i] = _waiting.Dequeue();
            }
            return batch;
        }
    }

    private int TakeAll()
    {
        lock (_lock)
        {
            var count = _waiting.Count;
            _waiting.Clear();
            return count;
        }
    }

    private void Drop(int spans)
    {
        _instruments.SpansDropped.TryAdd(spans);
        Interlocked.Add(ref _dropped, spans);
    }

    private void ReportDropped()
    {
        if (Interlocked.Exchange(ref _dropped, 0) is > 0 and var dropped)
        {
            Log.SpansDropped(_logger, dropped, _answers.Reason);
        }
    }
}
