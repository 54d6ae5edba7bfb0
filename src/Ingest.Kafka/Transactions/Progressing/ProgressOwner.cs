using Confluent.Kafka;
using Ingest.Sinks.Contract;
using Microsoft.Extensions.Logging;

namespace Ingest.Kafka;

/// <summary>
/// The right to deliver a lane's events, and what the cluster says of them. A session is opened in a fixed order: fence every other
/// producer, read the progress, claim it. A process that lost the right to another does not take it back. Worker only, but for
/// <see cref="Saved"/>.
/// </summary>
internal sealed class ProgressOwner(
    KafkaOptions options,
    TransactionIdentity identity,
    LogNumbers log,
    Func<SendMode, int?, ITransactionSession> newSession,
    TransactionCalls calls,
    ILogger logger,
    CancellationToken closing)
{
    // Another process that fenced this one has claimed the progress by then.
    private static readonly TimeSpan FencedWait = TimeSpan.FromSeconds(2);

    // A process that delivers ends its transactions many times in this.
    private static readonly TimeSpan LookTime = TimeSpan.FromSeconds(2);

    private readonly ProgressRules _rules = new(identity, log);
    private SinkVerdict? _stopped;
    private volatile ITransactionSession? _session;
    private IOwedEvents _owes = new UnknownOwedEvents();
    private long _saved;

    /// <summary>The lane's position on disk. Any thread.</summary>
    internal long Saved
    {
        get => Volatile.Read(ref _saved);
        set => Volatile.Write(ref _saved, value);
    }

    /// <summary>What of that the lane may still send. Any thread.</summary>
    internal IOwedEvents Owes
    {
        get => Volatile.Read(ref _owes);
        set => Volatile.Write(ref _owes, value);
    }

    /// <summary>How the next session sends.</summary>
    internal SendMode Mode { get; set; }

    /// <summary>Most bytes of a request's batch of the next session; null for the client's default.</summary>
    internal int? BatchBytesMax { get; set; }

    /// <summary>The open session.</summary>
    internal ITransactionSession Session => _session ?? throw new InvalidOperationException("No session is open.");

    /// <summary>What the session says of its connections. Any thread.</summary>
    internal ConnectionTrouble? Trouble => _session?.Trouble;

    /// <summary>What the cluster has, as of the last commit.</summary>
    internal Progress Progress { get; private set; } = new(default, "", new DeliveredNumbers(0));

    /// <summary>Opens a session unless one is. Anything but delivered says why there is none.</summary>
    internal SinkVerdict Ensure()
    {
        if (_session is not null && _session.Mode != Mode)
        {
            End();
        }
        return _session is not null ? SinkVerdict.Delivered : _stopped ?? Open(rewindTo: null);
    }

    /// <summary>A transaction was committed with this progress.</summary>
    internal void Committed(Progress progress) => Progress = progress;

    /// <summary>
    /// The session failed: it is of no use any more. What became of its transaction is read when the next one is opened.
    /// </summary>
    internal void Lose(KafkaException failure)
    {
        if (_session is null)
        {
            return;
        }
        Log.TransactionFailed(logger, identity.Lane, VerdictTable.Reason(failure.Error.Code, failure.Error.Reason));
        if (failure is KafkaTxnRequiresAbortException)
        {
            TryAbort();
        }
        End();
        if (ProgressRules.IsFenced(failure.Error.Code))
        {
            closing.WaitHandle.WaitOne(FencedWait);
        }
    }

    /// <summary>Everything from this number on is delivered once more, by this process: noted by the cluster when it returns.</summary>
    /// <exception cref="IOException">It is not.</exception>
    internal void Rewind(long next)
    {
        End();
        var stopped = _stopped;
        _stopped = null;
        var verdict = Open(rewindTo: next);
        if (verdict.Kind != VerdictKind.Delivered)
        {
            _stopped = stopped;
            throw new IOException($"Kafka did not take the new position: {verdict.Reason}");
        }
        Saved = next - 1;
    }

    /// <summary>Ends the session.</summary>
    internal void End()
    {
        _session?.Close(options.CloseTimeout);
        _session = null;
    }

    private SinkVerdict Open(long? rewindTo)
    {
        if (closing.IsCancellationRequested)
        {
            return new SinkVerdict(VerdictKind.Retryable, "The sink is closing.", Scope: VerdictScope.NotTried);
        }
        try
        {
            _session = newSession(Mode, BatchBytesMax);
        }
        catch (InvalidOperationException failure)
        {
            return new SinkVerdict(VerdictKind.Blocked, $"The Kafka client cannot be made. {failure.Message}", Scope: VerdictScope.Sink);
        }
        try
        {
            if ((FindPlace() ?? Claim(rewindTo)) is { } fault)
            {
                End();
                return fault;
            }
            return SinkVerdict.Delivered;
        }
        catch (KafkaException failure)
        {
            var verdict = VerdictOn(failure);
            Lose(failure);
            return verdict;
        }
    }

    private SinkVerdict? FindPlace()
    {
        var code = Session.AskForTopic(options.ProgressTopic, options.OpenTimeout);
        if (code == ErrorCode.NoError)
        {
            return null;
        }
        if (VerdictTable.KindOf(code) == VerdictKind.Blocked)
        {
            return new SinkVerdict(
                VerdictKind.Blocked,
                $"{VerdictTable.TopicDetail(code, options.ProgressTopic)}. Create it with one partition: progress is committed under its "
                + "name, and nothing is written to it.",
                Scope: VerdictScope.Sink);
        }
        return Unanswered(VerdictTable.Reason(code));
    }

    // Looked at first without fencing: a process that must not deliver does not stop one that may.
    private SinkVerdict? Claim(long? rewindTo)
    {
        if (rewindTo is null && Stop(Look()) is { } early)
        {
            return early;
        }
        calls.Repeat(Session.Init, options.OpenTimeout);
        var text = Read();
        if (rewindTo is null && Stop(_rules.FaultIn(text)) is { } late)
        {
            return late;
        }
        _rules.Expect(text);
        var read = Progress.Decode(text ?? "") ?? new Progress(default, "", new DeliveredNumbers(Saved));
        if (rewindTo is { } next)
        {
            read = read with { Delivered = read.Delivered.RewoundTo(next) };
        }
        else
        {
            read.Delivered.RaiseFloor(Saved, Owes);
        }
        if (rewindTo is null && Saved < read.Delivered.Floor && !read.Delivered.IsWhole)
        {
            return Stop(
                $"Kafka has this lane up to event {read.Delivered.Floor}, but its position on disk is {Saved}, and some events between "
                + "were parked or refused: which were delivered is not known. Only a rewind, which delivers them again, lets it go on: "
                + $"ingest lanes rewind {identity.Lane} --to {Saved + 1}.");
        }
        var own = read with { Opening = identity.Opening, Owner = identity.Owner };
        Session.Begin();
        calls.Repeat(timeout => Session.SendProgress(own, timeout), options.OpenTimeout);
        calls.Repeat(Session.Commit, options.OpenTimeout);
        _rules.Claimed();
        if (rewindTo is null)
        {
            own.Delivered.LowerFloor(Saved);
        }
        Progress = own;
        Log.ProgressRead(logger, identity.Lane, own.Delivered.Last, identity.Id);
        return null;
    }

    // What a process of this identity left open is in the way of reading, and ends by the registration that follows: so this only looks.
    private string? Look()
    {
        try
        {
            return _rules.FaultIn(Session.ReadProgress(LookTime));
        }
        catch (KafkaException unknown) when (unknown.Error.Code is ErrorCode.Local_TimedOut or ErrorCode.UnstableOffsetCommit)
        {
            return null;
        }
    }

    private string? Read()
    {
        string? text = null;
        calls.Repeat(timeout => text = Session.ReadProgress(timeout), options.OpenTimeout);
        return text;
    }

    private SinkVerdict? Stop(string? fault)
    {
        if (fault is null)
        {
            return null;
        }
        Log.Fenced(logger, identity.Lane, fault);
        return _stopped = new SinkVerdict(VerdictKind.Blocked, fault, Scope: VerdictScope.Sink);
    }

    private void TryAbort()
    {
        try
        {
            calls.Repeat(Session.Abort, options.CloseTimeout);
        }
        catch (KafkaException)
        {
            // The next session aborts it, or the brokers do when its time is up.
        }
    }

    private SinkVerdict VerdictOn(KafkaException failure)
    {
        var code = failure.Error.Code;
        return Session.Refused ?? (VerdictTable.KindOf(code) == VerdictKind.Blocked
            ? VerdictTable.For(code, failure.Error.Reason) with { Scope = VerdictScope.Sink }
            : Unanswered(VerdictTable.Reason(code, failure.Error.Reason)));
    }

    private SinkVerdict Unanswered(string otherwise) => Session.Refused ?? new SinkVerdict(
        VerdictKind.Retryable, $"No transaction can be begun at {options.BootstrapServers}. {Session.Trouble?.Reason ?? otherwise}",
        Scope: VerdictScope.Sink);
}
