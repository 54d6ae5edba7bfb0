namespace Ingest.Kafka.Tests.Cluster;

/// <summary>
/// What real brokers do for transactions and the mock cluster does not: a producer fences those before it, offsets count when their
/// transaction is committed, and records of one that is not are none. Its answers are those of brokers before KIP-890's second version.
/// </summary>
internal sealed class TransactionCoordinator
{
    private const short OldEpoch = 47;
    private const short Fenced = 90;
    private const short InvalidState = 48;
    private const short NotCoordinator = 16;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, Identity> _identities = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Group, string Topic, int Partition), (long Offset, string Text)> _offsets = [];
    private readonly List<Appended> _appended = [];
    private long _producers = 4_000_000;

    /// <summary>Called at each step, outside of the lock; the producer waits for it.</summary>
    internal Func<TransactionStep, Task>? OnStep { get; set; }

    /// <summary>Looks at a request before it is answered: the error code to answer it with, or null.</summary>
    internal Func<ApiKey, short?>? Refusal { get; set; }

    /// <summary>The broker that coordinates, by its own port; null: each of them.</summary>
    internal int? Seat { get; set; }

    /// <summary>Requests that came to a broker that does not coordinate.</summary>
    internal int Strayed { get; private set; }

    /// <summary>Transactions that were committed with records in them.</summary>
    internal int Committed { get; private set; }

    /// <summary>Transactions that ended otherwise with records in them.</summary>
    internal int Aborted { get; private set; }

    /// <summary>Offsets that were not told, because an open transaction has others.</summary>
    internal int Unstable { get; private set; }

    /// <summary>The longest time between the first record of a transaction and its commit.</summary>
    internal TimeSpan LongestOpen { get; private set; }

    /// <summary>Whether a reader of committed messages sees a record. Records without a transaction it sees.</summary>
    internal bool IsCommitted(string topic, int partition, long offset)
    {
        lock (_lock)
        {
            var appended = _appended.Find(one =>
                one.Topic == topic && one.Partition == partition && one.First <= offset && offset < one.First + one.Count);
            return appended is null || appended.Transaction.IsCommitted;
        }
    }

    /// <summary>The text of the progress of a group; null where there is none.</summary>
    internal string? ProgressOf(string group)
    {
        lock (_lock)
        {
            return _offsets.Where(offset => offset.Key.Group == group).Select(offset => offset.Value.Text).FirstOrDefault();
        }
    }

    /// <summary>What brokers do when a transaction is open for too long: it is aborted, and its producer fenced.</summary>
    internal void TimeOut()
    {
        lock (_lock)
        {
            foreach (var identity in _identities.Values)
            {
                EndNeedsLock(identity, commit: false);
                identity.Epoch++;
            }
        }
    }

    /// <summary>The answer to a request of a transaction; null for any other request.</summary>
    /// <param name="api">What it asks for.</param>
    /// <param name="version">In which version.</param>
    /// <param name="frame">The request.</param>
    /// <param name="port">The own port of the broker it came to.</param>
    internal async Task<byte[]?> TryAnswerAsync(ApiKey api, short version, byte[] frame, int port)
    {
        var isFlexible = api switch
        {
            ApiKey.InitProducerId => version >= 2,
            ApiKey.TxnOffsetCommit => version >= 3,
            ApiKey.OffsetFetch => version >= 6,
            ApiKey.AddPartitionsToTxn or ApiKey.AddOffsetsToTxn or ApiKey.EndTxn => version >= 3,
            _ => (bool?)null,
        };
        if (isFlexible is not { } flexible || (api == ApiKey.InitProducerId && TransactionalIdIn(frame, flexible) is null))
        {
            return null;
        }
        await StepAsync(Before(api));
        var answer = new TransactionAnswer(this, frame, version, flexible).Write(api, Stray(port) ?? Refusal?.Invoke(api));
        await StepAsync(After(api));
        return answer;
    }

    /// <summary>The code to refuse records with; null when they may be appended.</summary>
    internal async Task<short?> RefuseAsync(ProduceRequest request)
    {
        if (request.TransactionalId is not { } id)
        {
            return null;
        }
        await StepAsync(TransactionStep.Produce);
        lock (_lock)
        {
            if (!_identities.TryGetValue(id, out var identity) || identity.Epoch != request.Epoch)
            {
                return OldEpoch;
            }
            request.Transaction = identity.Open ??= new Transaction(TimeProvider.System.GetTimestamp());
            return null;
        }
    }

    /// <summary>Notes the outcome of an append; null when it failed.</summary>
    internal async Task NoteAsync(ProduceRequest request, long? offset)
    {
        if (request.Transaction is not { } transaction || offset is not { } first)
        {
            return;
        }
        lock (_lock)
        {
            transaction.Records += request.Count;
            _appended.Add(new Appended(request.Topic, request.Partition, first, request.Count, transaction));
        }
        await StepAsync(TransactionStep.Produced);
    }

    internal (short Code, long Producer, short Epoch) Init(string id, long producer, short epoch)
    {
        lock (_lock)
        {
            if (!_identities.TryGetValue(id, out var identity))
            {
                _identities.Add(id, identity = new Identity(++_producers));
            }
            else if (producer >= 0 && (producer != identity.Producer || epoch != identity.Epoch))
            {
                return (Fenced, -1, -1);
            }
            EndNeedsLock(identity, commit: false);
            identity.Epoch++;
            return (0, identity.Producer, identity.Epoch);
        }
    }

    internal short Check(string id, short epoch)
    {
        lock (_lock)
        {
            return CheckNeedsLock(id, epoch, out _);
        }
    }

    internal short AddOffset(string id, short epoch, (string, string, int) place, (long, string) offset)
    {
        lock (_lock)
        {
            if (CheckNeedsLock(id, epoch, out var identity) is var code && code != 0)
            {
                return code;
            }
            (identity!.Open ??= new Transaction(TimeProvider.System.GetTimestamp())).Offsets[place] = offset;
            return 0;
        }
    }

    internal short End(string id, short epoch, bool commit)
    {
        lock (_lock)
        {
            if (CheckNeedsLock(id, epoch, out var identity) is var code && code != 0)
            {
                return code;
            }
            if (identity!.Open is null)
            {
                return identity.LastCommitted == commit ? (short)0 : InvalidState;
            }
            EndNeedsLock(identity, commit);
            return 0;
        }
    }

    internal (long Offset, string Text)? OffsetOf(string group, string topic, int partition)
    {
        lock (_lock)
        {
            return _offsets.TryGetValue((group, topic, partition), out var offset) ? offset : null;
        }
    }

    /// <summary>
    /// Whether a transaction that is open has an offset for this place: readers of committed ones have to wait for its
    /// end.
    /// </summary>
    internal bool IsUnstable(string group, string topic, int partition)
    {
        lock (_lock)
        {
            var place = (group, topic, partition);
            var isUnstable = _identities.Values.Any(identity => identity.Open?.Offsets.ContainsKey(place) == true);
            Unstable += isUnstable ? 1 : 0;
            return isUnstable;
        }
    }

    private Task StepAsync(TransactionStep? step) => step is { } at && OnStep is { } hook ? hook(at) : Task.CompletedTask;

    private short? Stray(int port)
    {
        lock (_lock)
        {
            var isElsewhere = Seat is { } seat && seat != port;
            Strayed += isElsewhere ? 1 : 0;
            return isElsewhere ? NotCoordinator : null;
        }
    }

    private static TransactionStep? Before(ApiKey api) => api switch
    {
        ApiKey.InitProducerId => TransactionStep.Init,
        ApiKey.AddPartitionsToTxn => TransactionStep.Begin,
        ApiKey.AddOffsetsToTxn => TransactionStep.AddOffsets,
        ApiKey.TxnOffsetCommit => TransactionStep.SendOffsets,
        ApiKey.EndTxn => TransactionStep.Commit,
        _ => null,
    };

    private static TransactionStep? After(ApiKey api) => api switch
    {
        ApiKey.InitProducerId => TransactionStep.Initialized,
        ApiKey.OffsetFetch => TransactionStep.ProgressRead,
        ApiKey.TxnOffsetCommit => TransactionStep.OffsetsSent,
        ApiKey.EndTxn => TransactionStep.Committed,
        _ => null,
    };

    private static string? TransactionalIdIn(byte[] frame, bool flexible)
    {
        var reader = new KafkaReader(frame, flexible);
        reader.ReadInt32();
        reader.ReadInt32();
        reader.ReadString(compact: false);
        reader.SkipTags();
        return reader.ReadString();
    }

    private short CheckNeedsLock(string id, short epoch, out Identity? identity) =>
        _identities.TryGetValue(id, out identity) && identity.Epoch == epoch ? (short)0 : Fenced;

    private void EndNeedsLock(Identity identity, bool commit)
    {
        identity.LastCommitted = commit;
        if (identity.Open is not { } open)
        {
            return;
        }
        identity.Open = null;
        open.IsCommitted = commit;
        Committed += commit && open.Records > 0 ? 1 : 0;
        Aborted += !commit && open.Records > 0 ? 1 : 0;
        if (commit)
        {
            LongestOpen = TimeSpan.FromTicks(Math.Max(LongestOpen.Ticks, TimeProvider.System.GetElapsedTime(open.Start).Ticks));
            foreach (var (place, offset) in open.Offsets)
            {
                _offsets[place] = offset;
            }
        }
    }

    /// <summary>A transaction.</summary>
    internal sealed class Transaction(long start)
    {
        internal long Start { get; } = start;

        internal bool IsCommitted { get; set; }

        internal int Records { get; set; }

        internal Dictionary<(string Group, string Topic, int Partition), (long Offset, string Text)> Offsets { get; } = [];
    }

    private sealed class Identity(long producer)
    {
        internal long Producer { get; } = producer;

        internal short Epoch { get; set; } = -1;

        internal Transaction? Open { get; set; }

        internal bool? LastCommitted { get; set; }
    }

    private sealed record Appended(string Topic, int Partition, long First, int Count, Transaction Transaction);
}
