using System.Globalization;
using System.Text;
using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka.Tests.Rig;

/// <summary>
/// A client and a broker with one partition, in memory, stepped by a test: what the client holds is delivered, refused, or lost when its
/// producer
/// dies, as chance will have it. Behaves as librdkafka with the sink's settings does.
/// </summary>
internal sealed class SimulatedBroker(Random random, IReadOnlySet<long> poison)
{
    private readonly Random _random = random;
    private const int BatchMax = 4;

    private readonly Lock _lock = new();
    private readonly List<Session> _sessions = [];
    private string _topic = "";

    /// <summary>What the partition holds.</summary>
    internal List<long> Log { get; } = [];

    /// <summary>Events that were stored and never reported.</summary>
    internal int Unreported { get; private set; }

    /// <summary>Chance of each fault, 0 when healed.</summary>
    internal double Trouble { get; set; }

    internal IProducerSession NewSession(SendMode mode, int? batchBytesMax)
    {
        var session = new Session(this, mode);
        lock (_lock)
        {
            _sessions.RemoveAll(other => other.Room.IsDead);
            _sessions.Add(session);
        }
        return session;
    }

    /// <summary>One thing happens on the broker's side.</summary>
    internal void Step()
    {
        Action[] reports;
        lock (_lock)
        {
            reports = _sessions.Count > 0 ? [.. Happen(_sessions[_random.Next(_sessions.Count)])] : [];
        }
        foreach (var report in reports)
        {
            report();
        }
    }

    private List<Action> Happen(Session session)
    {
        if (session.Held.Count == 0 || session.Room.IsDead)
        {
            return [];
        }
        if (session.Room.Mode == SendMode.Careful)
        {
            // One event a request, and requests of several partitions: any may be first.
            var index = _random.Next(session.Held.Count);
            var (entry, sequence) = session.Held[index];
            session.Held.RemoveAt(index);
            return [Settle(entry, sequence, poison.Contains(sequence) ? ErrorCode.InvalidRecord : ErrorCode.NoError)];
        }
        var batch = session.Held.Take(_random.Next(1, BatchMax)).ToList();
        session.Held.RemoveRange(0, batch.Count);
        if (_random.NextDouble() < Trouble)
        {
            return Lose(session, batch);
        }
        if (!batch.Exists(held => poison.Contains(held.Sequence)))
        {
            return [.. batch.Select(held => Settle(held.Entry, held.Sequence, ErrorCode.NoError))];
        }
        var refused = batch.Select(held => Settle(held.Entry, held.Sequence, ErrorCode.InvalidRecord)).ToList();
        return [.. refused, .. Purge(session)];
    }

    // The producer dies while a batch is on its way: whether it is stored is never known.
    private List<Action> Lose(Session session, List<(LedgerEntry Entry, long Sequence)> batch)
    {
        if (_random.Next(2) == 0 && !batch.Exists(held => poison.Contains(held.Sequence)))
        {
            Log.AddRange(batch.Select(held => held.Sequence));
            Unreported += batch.Count;
        }
        return Purge(session);
    }

    private List<Action> Purge(Session session)
    {
        session.Room.Die();
        var purged = session.Held.Select(held => Report(held.Entry, ErrorCode.Local_PurgeQueue)).ToList();
        session.Held.Clear();
        return purged;
    }

    private Action Settle(LedgerEntry entry, long sequence, ErrorCode code)
    {
        if (code == ErrorCode.NoError)
        {
            Log.Add(sequence);
        }
        return Report(entry, code);
    }

    private Action Report(LedgerEntry entry, ErrorCode code) =>
        () => entry.Reported(new DeliveryReport<byte[], byte[]> { Error = new Error(code, "simulated"), Topic = _topic });

    private sealed class Session(SimulatedBroker broker, SendMode mode) : IProducerSession
    {
        internal List<(LedgerEntry Entry, long Sequence)> Held { get; } = [];

        public ProducerRoom Room { get; } = new(mode, bytesMax: 1000, eventsMax: 12);

        public ConnectionTrouble? Trouble => null;

        public SinkVerdict? Refused => null;

        public ErrorCode Produce(string topic, Message<byte[], byte[]> message, LedgerEntry entry)
        {
            lock (broker._lock)
            {
                if (Room.IsDead)
                {
                    return ErrorCode.Local_Fatal;
                }
                broker._topic = topic;
                if (broker._random.NextDouble() < broker.Trouble)
                {
                    return broker._random.Next(2) == 0 ? ErrorCode.Local_QueueFull : ErrorCode.Local_UnknownTopic;
                }
                var sequence = message.Headers.Single(header => header.Key == "ingest-seq").GetValueBytes();
                Held.Add((entry, long.Parse(Encoding.ASCII.GetString(sequence), CultureInfo.InvariantCulture)));
                return ErrorCode.NoError;
            }
        }

        public Task<ClusterAnswer> AskAsync(TimeSpan timeout) =>
            Task.FromResult(new ClusterAnswer(SinkVerdict.Delivered, 1));

        public Task CloseAsync(TimeSpan timeout)
        {
            Room.Die();
            return Task.CompletedTask;
        }
    }
}
