using Ingest.Kafka.Tests.Rig;
using Ingest.Sinks.Contract;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Kafka.Tests;

/// <summary>
/// The sink between a lane that keeps no discipline at all and a broker that fails at random: whatever happens, events of one key are
/// stored in
/// order, everything is settled rightly, and nothing is sent twice that was not lost.
/// </summary>
public sealed class OrderModelTests
{
    private const string HistoriesVariable = "INGEST_TEST_HISTORIES";
    private const int HistoriesDefault = 300;
    private const int Events = 60;
    private const int FlightsMax = 4;
    private const int TroubledSteps = 1_000;

    [Fact]
    public async Task Order_and_accounts_hold_through_cancellations_refusals_and_dying_producers()
    {
        var histories = int.TryParse(Environment.GetEnvironmentVariable(HistoriesVariable), out var asked) ? asked : HistoriesDefault;
        for (var seed = 0; seed < histories; seed++)
        {
            await using var history = new History(seed);
            await history.RunAsync();
        }
    }

    private sealed class History : IAsyncDisposable
    {
        private readonly string _seed;
        private readonly Random _random;
        private readonly SimulatedBroker _broker;
        private readonly KafkaSink _sink;
        private readonly Dictionary<long, TestEvent> _events;
        private readonly HashSet<long> _poison;
        private readonly Dictionary<long, VerdictKind> _settled = [];
        private readonly List<BatchDelivery> _flights = [];
        private long _next = 1;

        internal History(int seed)
        {
            _seed = $"seed {seed}";
            _random = new Random(seed);
            _events = Enumerable.Range(1, Events).ToDictionary(
                number => (long)number, _ => new TestEvent("{}") { Key = _random.Next(6) is var key and > 0 ? $"k{key}" : "" });
            _poison = [.. _events.Keys.Where(_ => _random.Next(20) == 0)];
            _broker = new SimulatedBroker(new Random(-seed), _poison) { Trouble = _random.NextDouble() * 0.2 };
            _sink = new KafkaSink(
                "model", new KafkaOptions(), _ => Guid.Empty, TimeProvider.System, NullLogger.Instance, _broker.NewSession);
        }

        internal async Task RunAsync()
        {
            for (var step = 0; step < TroubledSteps && _settled.Count < Events; step++)
            {
                await StepAsync(mayCancel: true);
            }
            // From here on all is well, and everything has to come to its end. A producer that died may have taken events with it that
            // are never reported: what waits for those ends as in a lane, when its time is up.
            _broker.Trouble = 0;
            await Task.WhenAll(_flights.Select(flight => flight.Cancel.CancelAsync()));
            await Poll.Until($"{_seed} ends, settled {_settled.Count}", async () =>
            {
                for (var step = 0; step < TroubledSteps && _settled.Count < Events; step++)
                {
                    await StepAsync(mayCancel: false);
                }
                return _settled.Count == Events;
            });
            await Task.WhenAll(_flights.Select(flight => (Task)flight.Task));
            Check();
        }

        public ValueTask DisposeAsync() => _sink.DisposeAsync();

        private async Task StepAsync(bool mayCancel)
        {
            switch (_random.Next(4))
            {
                case 0 when _flights.Count < FlightsMax:
                    Launch();
                    break;
                case 1 when mayCancel && _flights.Count > 0 && _random.Next(4) == 0:
                    await _flights[_random.Next(_flights.Count)].Cancel.CancelAsync();
                    break;
                default:
                    _broker.Step();
                    break;
            }
            await Task.Yield();
            foreach (var flight in _flights.Where(flight => flight.Task.IsCompleted).ToList())
            {
                await LandAsync(flight);
            }
        }

        // Events are asked for in order the first time; after that any of them at any time, whatever became of those before.
        private void Launch()
        {
            var again = _events.Keys.Where(number => number < _next && !_settled.ContainsKey(number)
                && !_flights.Exists(flight => flight.Numbers.Contains(number)) && _random.Next(3) > 0).Order().ToList();
            var anew = _events.Keys.Where(number => number >= _next).Order().Take(_random.Next(12)).ToList();
            List<long> numbers = [.. again.Skip(_random.Next(again.Count + 1)), .. anew];
            if (numbers.Count == 0)
            {
                return;
            }
            _next += anew.Count;
            var batch = new EventBatch();
            foreach (var number in numbers)
            {
                var body = new System.Buffers.ArrayBufferWriter<byte>();
                _events[number].Write(body, 0);
                batch.Add(number, body.WrittenSpan);
            }
            var cancel = new CancellationTokenSource();
            _flights.Add(new BatchDelivery([.. numbers], batch, cancel, _sink.SendAsync(batch, cancel.Token).AsTask()));
        }

        private async Task LandAsync(BatchDelivery flight)
        {
            _flights.Remove(flight);
            try
            {
                var result = await flight.Task;
                for (var index = 0; index < flight.Batch.Count; index++)
                {
                    if (result[index].Kind is VerdictKind.Delivered or VerdictKind.Rejected)
                    {
                        _settled.Add(flight.Batch.SequenceAt(index), result[index].Kind);
                    }
                }
            }
            catch (OperationCanceledException)
            {
                Assert.True(flight.Cancel.IsCancellationRequested, _seed);
            }
            flight.Batch.Dispose();
            flight.Cancel.Dispose();
        }

        private void Check()
        {
            Assert.All(_settled, pair => Assert.Equal(
                (_seed, pair.Key, _poison.Contains(pair.Key)), (_seed, pair.Key, pair.Value == VerdictKind.Rejected)));
            Assert.Equal((_seed, 0), (_seed, _sink.LeftCount));
            var stored = _broker.Log.Distinct().ToList();
            Assert.Equal(_events.Keys.Except(_poison).Order(), stored.Order());
            Assert.True(_broker.Log.Count - stored.Count <= _broker.Unreported, $"{_seed} stored events twice that were not lost");
            foreach (var ofKey in stored.Where(number => _events[number].Key.Length > 0).GroupBy(number => _events[number].Key))
            {
                Assert.True(ofKey.SequenceEqual(ofKey.Order()), $"{_seed} {ofKey.Key}: {string.Join(',', ofKey)}");
            }
        }

        private sealed record BatchDelivery(HashSet<long> Numbers, EventBatch Batch, CancellationTokenSource Cancel, Task<SinkResult> Task);
    }
}
