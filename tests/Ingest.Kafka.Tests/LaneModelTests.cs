using Ingest.Kafka.Tests.Rig;
using Ingest.Publishing;
using Ingest.Publishing.Lanes;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>
/// The real lane and the sink together, with a broker that fails at random: through retries, breaker trips and restarts of the lane, events
/// of one key are stored in the order of the log, and every event is delivered or a dead letter.
/// </summary>
public sealed class LaneModelTests
{
    private const string HistoriesVariable = "INGEST_TEST_HISTORIES";
    private const int HistoriesDefault = 40;
    private const int Events = 300;

    [Fact]
    public async Task Order_and_accounts_hold_through_retries_breaker_trips_and_restarts()
    {
        var histories = int.TryParse(Environment.GetEnvironmentVariable(HistoriesVariable), out var asked) ? asked : HistoriesDefault;
        for (var seed = 0; seed < histories; seed++)
        {
            await using var history = new History(seed);
            await history.RunAsync();
        }
    }

    private sealed class History : IAsyncDisposable, IDeadLetterStore
    {
        private readonly string _seed;
        private readonly Random _random;
        private readonly HashSet<long> _poison;
        private readonly SimulatedBroker _broker;
        private readonly EventLog _log = new();
        private readonly Instruments _instruments = new();
        private readonly Lock _lock = new();
        private readonly HashSet<long> _deadLetters = [];
        private readonly PublishingOptions _options = new()
        {
            AttemptTimeout = TimeSpan.FromMilliseconds(100),
            AttemptGrace = TimeSpan.FromSeconds(1),
            ProbeTimeout = TimeSpan.FromMilliseconds(100),
            ProbeEvents = 3,
            BackoffMin = TimeSpan.FromMilliseconds(1),
            BackoffMax = TimeSpan.FromMilliseconds(5),
            BlockedMin = TimeSpan.FromMilliseconds(1),
            BlockedMax = TimeSpan.FromMilliseconds(5),
            BreakerAttemptsMin = 2,
            BreakerPauseMin = TimeSpan.FromMilliseconds(5),
            BreakerPauseMax = TimeSpan.FromMilliseconds(20),
            CursorInterval = TimeSpan.FromMilliseconds(5),
            StopGrace = TimeSpan.FromMilliseconds(20),
            Linger = TimeSpan.Zero,
        };

        private LaneSet _lanes = null!;
        private int _restarts;

        internal History(int seed)
        {
            _seed = $"seed {seed}";
            _random = new Random(seed);
            _poison = [.. Enumerable.Range(1, Events).Where(_ => _random.Next(30) == 0).Select(number => (long)number)];
            _broker = new SimulatedBroker(new Random(-seed), _poison) { Trouble = _random.NextDouble() * 0.1 };
        }

        private LaneStatus Lane => _lanes.Statuses[0];

        internal async Task RunAsync()
        {
            _log.Append(Enumerable.Range(0, Events)
                .Select(_ => new TestEvent("{}") { Key = _random.Next(6) is var key and > 0 ? $"k{key}" : "" }));
            Start();
            for (var step = 0; Lane.Settled < Events && step < 20_000; step++)
            {
                await StepAsync();
            }
            // From here on all is well, and everything has to come to its end.
            _broker.Trouble = 0;
            await Poll.Until($"{_seed} ends", () => Steps(100) && Lane.Settled == Events);
            Check();
        }

        public ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
        {
            lock (_lock)
            {
                _deadLetters.UnionWith(rejected.Select(letter => letter.Sequence));
            }
            return ValueTask.CompletedTask;
        }

        public async ValueTask DisposeAsync()
        {
            await _lanes.DisposeAsync();
            _log.Dispose();
            _instruments.Dispose();
        }

        private async Task StepAsync()
        {
            // At times nothing comes back for a while: attempts run out of time, the breaker trips.
            if (_random.Next(2000) == 0)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(_random.Next(150)), TimeProvider.System);
            }
            else if (_random.Next(4000) == 0)
            {
                await _lanes.DisposeAsync();
                _restarts++;
                Start();
            }
            Steps(_random.Next(1, 5));
            await Task.Yield();
        }

        private bool Steps(int count)
        {
            for (; count > 0; count--)
            {
                _broker.Step();
            }
            return true;
        }

        private void Start()
        {
            var options = new KafkaOptions { BatchEventsMax = 10, WindowMax = 4, CloseTimeout = TimeSpan.FromMilliseconds(100) };
            var sink = new KafkaSink("model", options, _log.Log.EpochOf, TimeProvider.System, NullLogger.Instance, _broker.NewSession);
            _lanes = new LaneSet(
                _log.Log, [new LaneSpec("model", "kafka", () => sink)], _options, this, _instruments, TimeProvider.System,
                NullLoggerFactory.Instance, seed: _random.Next());
            _lanes.Start();
        }

        private void Check()
        {
            var stored = _broker.Log.Distinct().ToList();
            Assert.Equal(Enumerable.Range(1, Events).Select(number => (long)number).Except(_poison), stored.Order());
            Assert.Equal(_poison.Order(), _deadLetters.Order());
            Assert.Equal(
                (_seed, (long)Events - _poison.Count, (long)_poison.Count), (_seed, Lane.Delivered, Lane.DeadLettered));
            foreach (var ofKey in stored.Where(number => KeyOf(number).Length > 0).GroupBy(KeyOf))
            {
                Assert.True(ofKey.SequenceEqual(ofKey.Order()), $"{_seed} {ofKey.Key}: {string.Join(',', ofKey)}");
            }
            Assert.True(
                _restarts > 0 || _broker.Log.Count - stored.Count <= _broker.Unreported, $"{_seed} stored events twice that were not lost");
        }

        private string KeyOf(long number) => _log.Events[(int)number - 1].Key;
    }
}
