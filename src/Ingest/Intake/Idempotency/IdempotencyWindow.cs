using System.Runtime.InteropServices;

namespace Ingest.Intake.Idempotency;

/// <summary>
/// Remembers the answers to requests that may be repeated, for a while and for so many of them. Any thread. What is remembered also lies in
/// the log, with the events, or in a file once the log has given them back, and comes back from there at the next start
/// (<see cref="IdempotencyTable"/>, <see cref="IdempotencyRecovery"/>).
/// </summary>
internal sealed class IdempotencyWindow
{
    private readonly TimeSpan _window;
    private readonly int _keysMax;
    private readonly TimeProvider _time;
    private readonly Lock _lock = new();
    private readonly AnswerRing _answers = new();

    // The numbers of the answers, by identity.
    private readonly Dictionary<UInt128, long> _known = [];
    private readonly Dictionary<UInt128, Flight> _inFlight = [];

    /// <param name="window">How long an answer is remembered.</param>
    /// <param name="keysMax">How many are; the oldest goes first.</param>
    /// <param name="time">The clock.</param>
    internal IdempotencyWindow(TimeSpan window, int keysMax, TimeProvider time)
    {
        (_window, _keysMax, _time) = (window, keysMax, time);
        Unsaved = new UnsavedRequests(_lock);
    }

    /// <summary>Whether answers are remembered at all.</summary>
    internal bool IsOn => _window > TimeSpan.Zero && _keysMax > 0;

    /// <summary>Whether file and log are still being read: until then repeats cannot be told. Any thread.</summary>
    internal volatile bool IsRecovering;

    /// <summary>What of it no file has.</summary>
    internal UnsavedRequests Unsaved { get; }

    /// <summary>Requests remembered or in flight.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _known.Count + _inFlight.Count;
            }
        }
    }

    /// <summary>
    /// The log must be kept from here on, where no file has it, for the window to survive a restart: all of it while a request is in
    /// flight, whose place is not known yet. <see cref="long.MaxValue"/> when nothing need be kept.
    /// </summary>
    internal long KeepFrom
    {
        get
        {
            lock (_lock)
            {
                ForgetNeedsLock();
                return _inFlight.Count > 0 ? 0 : _answers.Count > 0 ? _answers[_answers.Oldest].First : long.MaxValue;
            }
        }
    }

    /// <summary>Asks whether the request is new. If so, the caller must call <see cref="Settle"/> or <see cref="Abandon"/>.</summary>
    internal IdempotencyClaim Claim(RequestMark mark)
    {
        lock (_lock)
        {
            ForgetNeedsLock();
            if (_known.TryGetValue(mark.Identity, out var number))
            {
                ref readonly var answer = ref _answers[number];
                return Differs(mark, answer.Mark.Fingerprint)
                    ? new IdempotencyClaim(ClaimOutcome.Conflict)
                    : new IdempotencyClaim(ClaimOutcome.Replayed, answer.First, answer.Count);
            }
            ref var flight = ref CollectionsMarshal.GetValueRefOrAddDefault(_inFlight, mark.Identity, out var exists);
            if (!exists)
            {
                flight = new Flight { Fingerprint = mark.Fingerprint, Generation = Unsaved.BeginNeedsLock() };
                return new IdempotencyClaim(ClaimOutcome.New);
            }
            if (Differs(mark, flight.Fingerprint))
            {
                return new IdempotencyClaim(ClaimOutcome.Conflict);
            }
            flight.Settled ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return new IdempotencyClaim(ClaimOutcome.InFlight, Settled: flight.Settled.Task);
        }
    }

    /// <summary>The events are durable: from here on the request is a repeat.</summary>
    internal void Settle(RequestMark mark, long first, int count)
    {
        lock (_lock)
        {
            _inFlight.Remove(mark.Identity, out var flight);
            var remembered = mark with { Fingerprint = flight.Fingerprint };
            _known[mark.Identity] = _answers.Add(new RememberedAnswer(remembered, first, count, _time.GetTimestamp()));
            ForgetNeedsLock();
            EndNeedsLock(flight);
        }
    }

    /// <summary>The events were not stored: who waits may try.</summary>
    internal void Abandon(RequestMark mark)
    {
        lock (_lock)
        {
            if (_inFlight.Remove(mark.Identity, out var flight))
            {
                EndNeedsLock(flight);
            }
        }
    }

    /// <summary>Takes over what the log remembers. Oldest first; of a repeated one the first counts.</summary>
    internal void Restore(RequestMark mark, long first, int count, TimeSpan age)
    {
        if (!IsOn || age >= _window)
        {
            return;
        }
        lock (_lock)
        {
            if (!_inFlight.ContainsKey(mark.Identity) && _known.TryAdd(mark.Identity, _answers.Next))
            {
                var ticks = (long)(Math.Max(age.TotalSeconds, 0) * _time.TimestampFrequency);
                _answers.Add(new RememberedAnswer(mark, first, count, _time.GetTimestamp() - ticks));
                Unsaved.Note();
                ForgetNeedsLock();
            }
        }
    }

    /// <summary>The number of the next answer.</summary>
    internal long Next
    {
        get
        {
            lock (_lock)
            {
                return _answers.Next;
            }
        }
    }

    /// <summary>Copies answers, oldest first, in pieces: others come and go between them.</summary>
    /// <param name="next">The number to go on from; 0 at first. Set to the next.</param>
    /// <param name="end">The number to end before: a fixed one, because under load others come as fast as they are copied.</param>
    /// <param name="target">Filled; the result says how far. 0: these were all.</param>
    internal int Copy(ref long next, long end, Span<RememberedAnswer> target)
    {
        lock (_lock)
        {
            next = Math.Max(next, _answers.Oldest);
            var count = (int)Math.Clamp(end - next, 0, target.Length);
            for (var i = 0; i < count; i++)
            {
                target[i] = _answers[next++];
            }
            return count;
        }
    }

    private static bool Differs(in RequestMark mark, UInt128 fingerprint) => mark.IsExact && mark.Fingerprint != fingerprint;

    private void EndNeedsLock(in Flight flight)
    {
        Unsaved.EndNeedsLock(flight.Generation);
        flight.Settled?.TrySetResult();
    }

    private void ForgetNeedsLock()
    {
        while (_answers.Count > 0)
        {
            ref readonly var oldest = ref _answers[_answers.Oldest];
            if (_answers.Count <= _keysMax && _time.GetElapsedTime(oldest.Accepted) < _window)
            {
                return;
            }
            _known.Remove(oldest.Mark.Identity);
            _answers.RemoveOldest();
        }
    }

    /// <summary>A request that is being stored.</summary>
    private struct Flight
    {
        internal UInt128 Fingerprint { get; init; }

        internal int Generation { get; init; }

        internal TaskCompletionSource? Settled { get; set; }
    }
}
