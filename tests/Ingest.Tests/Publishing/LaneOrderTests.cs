using FsCheck;
using FsCheck.Fluent;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Publishing;

/// <summary>Events of one key reach a sink in order, whatever fails, and each settles once.</summary>
public sealed class LaneOrderTests
{
    private const string WorldsVariable = "INGEST_TEST_WORLDS";
    private const int WorldsDefault = 12;
    private const int Events = 1500;
    private const int WindowMax = 6;

    [Fact]
    public async Task Batches_in_flight_share_no_key_and_keys_keep_their_order_through_failures() =>
        await CheckAsync(keepsKeyOrder: false, (random, failures) => new PlainSinkWitness(random, failures));

    [Fact]
    public async Task A_sink_that_keeps_order_itself_gets_failed_events_again_before_anything_new() =>
        await CheckAsync(keepsKeyOrder: true, (random, failures) => new KeepingSinkWitness(random, failures));

    /// <summary>
    /// Where many keys have parked events, others of theirs wait in batches that were put aside: one world in 200 of these broke the order
    /// while later events joined the parked ones before those did.
    /// </summary>
    [Fact]
    public async Task Keys_keep_their_order_where_some_events_are_parked_and_others_wait() => await CheckAsync(
        keepsKeyOrder: false,
        (random, failures) => new PlainSinkWitness(random, failures),
        Gen.Choose(0, int.MaxValue).Select(seed => new World(seed, Keys: 40, Batch: 7, Failures: 30)),
        5 * WorldsDefault);

    private static async Task CheckAsync(
        bool keepsKeyOrder, Func<Random, int, OrderWitness> makeWitness, Gen<World>? only = null, int count = WorldsDefault)
    {
        var tests = int.TryParse(Environment.GetEnvironmentVariable(WorldsVariable), out var asked) ? asked : count;
        var worlds = only ?? Gen.Choose(0, int.MaxValue).SelectMany(seed =>
            Gen.Elements(1, 3, 40, 5000).SelectMany(keys =>
                Gen.Elements(1, 7, 100).SelectMany(batch =>
                    Gen.Elements(0, 5, 30).Select(failures => new World(seed, keys, batch, failures)))));
        // FsCheck waits for each world: on a thread of its own, because the lanes and the other tests need those of the pool.
        await Task.Factory.StartNew(
            () => Check.One(Config.QuickThrowOnFailure.WithMaxTest(tests), Prop.ForAll(worlds.ToArbitrary(), world =>
                RunAsync(world, keepsKeyOrder, makeWitness(new Random(world.Seed), world.Failures)).GetAwaiter().GetResult())),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static async Task RunAsync(World world, bool keepsKeyOrder, OrderWitness witness)
    {
        var traits = new SinkTraits { WindowMax = WindowMax, BatchEventsMax = world.Batch, KeepsKeyOrder = keepsKeyOrder };
        await using var fixture = new LaneFixture(traits);
        fixture.Options.Linger = TimeSpan.Zero;
        // What is parked is sent out of turn; the rule for what is not is checked without.
        fixture.Options.ParkAfterAttempts = keepsKeyOrder ? 0 : fixture.Options.ParkAfterAttempts;
        fixture.Sink.OnSend = witness.TakeAsync;
        fixture.Log.AppendMany(Events / 2, world.Keys);
        fixture.Start();
        fixture.Log.AppendMany(Events / 2, world.Keys);
        for (var i = 0; i < 20; i++)
        {
            fixture.Log.Append("{}");
        }
        await fixture.Settled(Events + 20);

        Assert.Empty(witness.Violations);
        Assert.Equal(Enumerable.Range(1, Events + 20).Select(n => (long)n), fixture.Sink.Sequences.Order());
        Assert.Equal(Events + 20, fixture.Status.Delivered);
    }

    private sealed record World(int Seed, int Keys, int Batch, int Failures);

    /// <summary>Answers at random, late and in parts, and watches what the lane sends meanwhile.</summary>
    /// <remarks>
    /// Batches are judged in the order of the calls, which is the order the lane sends in. Of an answer the lane may learn any time later,
    /// so nothing is said here about when it knows of a failure, except where its own doing shows that it does.
    /// </remarks>
    private abstract class OrderWitness(Random random, int failures)
    {
        private readonly Lock _lock = new();
        private readonly Dictionary<string, long> _lastDelivered = [];

        public List<string> Violations { get; } = [];

        public async Task<SinkResult> TakeAsync(Seen[] events, CancellationToken cancel)
        {
            SinkVerdict[] verdicts;
            int wait;
            lock (_lock)
            {
                BeginNeedsLock(events);
                verdicts = JudgeNeedsLock(events);
                wait = random.Next(4);
            }
            for (; wait > 0; wait--)
            {
                await Task.Yield();
            }
            lock (_lock)
            {
                EndNeedsLock(events);
            }
            return new SinkResult(SinkVerdict.Delivered, verdicts);
        }

        protected abstract void BeginNeedsLock(Seen[] events);

        protected abstract void EndNeedsLock(Seen[] events);

        /// <summary>Whether the sink must not deliver the event now, whatever it would like to do.</summary>
        protected abstract bool IsHeldNeedsLock(Seen seen);

        protected abstract void NoteNeedsLock(Seen seen, bool delivered);

        protected static IEnumerable<string> KeysOf(Seen[] events) =>
            events.Select(seen => seen.Key).Where(key => key.Length > 0).Distinct();

        private SinkVerdict[] JudgeNeedsLock(Seen[] events)
        {
            var isBad = random.Next(100) < failures;
            var isWhole = random.Next(2) == 0;
            var kind = random.Next(2) == 0 ? VerdictKind.Retryable : VerdictKind.Congested;
            var verdicts = new SinkVerdict[events.Length];

            // With an event everything later of its key fails, as a sink must answer that leaves an event of a batch out.
            var broken = new HashSet<string>();
            for (var i = 0; i < events.Length; i++)
            {
                var (_, key, _) = events[i];
                var fails = broken.Contains(key) || IsHeldNeedsLock(events[i]) || (isBad && (isWhole || random.Next(8) == 0));
                if (fails && key.Length > 0)
                {
                    broken.Add(key);
                }
                verdicts[i] = fails ? new SinkVerdict(kind, "part") : SinkVerdict.Delivered;
                NoteNeedsLock(events[i], delivered: !fails);
                if (!fails)
                {
                    NoteOrderNeedsLock(events[i]);
                }
            }
            return verdicts;
        }

        private void NoteOrderNeedsLock(Seen seen)
        {
            if (seen.Key.Length > 0 && _lastDelivered.GetValueOrDefault(seen.Key) > seen.Sequence)
            {
                Violations.Add($"{seen.Sequence} of {seen.Key} was delivered after {_lastDelivered[seen.Key]}");
            }
            _lastDelivered[seen.Key] = seen.Sequence;
        }
    }

    /// <summary>For a sink that keeps no order: the lane keeps it, with no two batches in flight that share a key.</summary>
    private sealed class PlainSinkWitness(Random random, int failures) : OrderWitness(random, failures)
    {
        private readonly Dictionary<string, int> _inFlight = [];

        protected override void BeginNeedsLock(Seen[] events)
        {
            foreach (var key in KeysOf(events))
            {
                _inFlight[key] = _inFlight.GetValueOrDefault(key) + 1;
                if (_inFlight[key] > 1)
                {
                    Violations.Add($"two batches with {key} are in flight");
                }
            }
        }

        protected override void EndNeedsLock(Seen[] events)
        {
            foreach (var key in KeysOf(events))
            {
                _inFlight[key]--;
            }
        }

        protected override bool IsHeldNeedsLock(Seen seen) => false;

        protected override void NoteNeedsLock(Seen seen, bool delivered)
        {
            // The order of what is delivered says it all.
        }
    }

    /// <summary>
    /// For a sink that keeps order, and does as <see cref="SinkTraits.KeepsKeyOrder"/> asks: what came after a failed event of its key is
    /// held until that one came again. The lane has to bring it before anything new, or the key would stand still.
    /// </summary>
    private sealed class KeepingSinkWitness(Random random, int failures) : OrderWitness(random, failures)
    {
        private readonly SortedSet<long> _pending = [];
        private readonly Dictionary<string, SortedSet<long>> _owed = [];

        // What the lane knows to have failed, seen by its having sent something again, and has not sent again yet.
        private readonly HashSet<long> _due = [];
        private long _lastNew;
        private int _inFlight;

        protected override void BeginNeedsLock(Seen[] events)
        {
            if (events[0].Sequence > _lastNew)
            {
                BeginNewNeedsLock(events);
            }
            else
            {
                BeginAgainNeedsLock(events);
            }
            _inFlight++;
        }

        protected override void EndNeedsLock(Seen[] events) => _inFlight--;

        protected override bool IsHeldNeedsLock(Seen seen) =>
            seen.Key.Length > 0 && _owed.TryGetValue(seen.Key, out var owed) && owed.Count > 0 && owed.Min < seen.Sequence;

        protected override void NoteNeedsLock(Seen seen, bool delivered)
        {
            var owed = _owed.TryGetValue(seen.Key, out var known) ? known : _owed[seen.Key] = [];
            _ = delivered ? owed.Remove(seen.Sequence) : owed.Add(seen.Sequence);
            _ = delivered ? _pending.Remove(seen.Sequence) : _pending.Add(seen.Sequence);
        }

        private void BeginNewNeedsLock(Seen[] events)
        {
            if (!events.Select(seen => seen.Sequence).SequenceEqual(Enumerable.Range(1, events.Length).Select(n => _lastNew + n)))
            {
                Violations.Add($"new events {events[0].Sequence} to {events[^1].Sequence} do not follow {_lastNew}");
            }
            if (_due.Count > 0)
            {
                Violations.Add($"{events[0].Sequence} was sent while the lane knew that {_due.Min()} had failed");
            }
            _lastNew = events[^1].Sequence;
        }

        private void BeginAgainNeedsLock(Seen[] events)
        {
            if (_inFlight > 0)
            {
                Violations.Add($"{events[0].Sequence} was sent again beside {_inFlight} other batches");
            }
            if (events[0].Sequence != _pending.Min)
            {
                Violations.Add($"{events[0].Sequence} was sent again before {_pending.Min}");
            }
            if (!_pending.IsSupersetOf(events.Select(seen => seen.Sequence)))
            {
                Violations.Add($"of {events[0].Sequence} to {events[^1].Sequence} some were delivered before");
            }
            // Nothing else is in flight, so the lane has heard of everything.
            _due.UnionWith(_pending);
            _due.ExceptWith(events.Select(seen => seen.Sequence));
        }
    }
}
