using Ingest.Simulation.Disk;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Model;

/// <summary>
/// Makes a history from a seed. Each history has its own weights, some of them zero: histories that do everything a little reach less
/// than histories that do a few things a lot.
/// </summary>
public sealed class HistoryGenerator
{
    private const int StepsMin = 5;
    private const int StepsMax = 50;

    private readonly Random _random;
    private readonly (int Weight, Func<WalAction[]> Make)[] _actions;
    private readonly int _recordBytesMax;

    private HistoryGenerator(int seed)
    {
        _random = new Random(seed);
        _recordBytesMax = Pick(64, 600, 4_000, 8_000);
        var faults = Pick(0, 1, 1, 3);
        _actions =
        [
            (30, () => [Append()]),
            (30, () => [Append(), Commit()]),
            (Weight(10), () => [Commit()]),
            (Weight(4), () => [new WalAction.Prepare()]),
            (Weight(6), () => [new WalAction.Reclaim(Pick(100, 100, _random.Next(101)), Pick(0, 0, 1, 2))]),
            (Weight(4), () => [new WalAction.OpenReader(_random.Next(2), _random.Next(110))]),
            (Weight(8), () => [new WalAction.Read(_random.Next(2), _random.Next(1, 30))]),
            (Weight(5), () => [new WalAction.SaveCursor(_random.Next(2), _random.Next(101), Pick(0, 1, 2, _random.Next(2000)))]),
            (Weight(3), () => [new WalAction.CloseAndReopen(_random.Next(2) == 0)]),
            (Weight(4), () => [new WalAction.Crash(Style(), _random.Next(), Pick(-1, _random.Next(8)))]),
            (Weight(6), () => [new WalAction.CutPower(_random.Next(Pick(3, 3, 20)), Style(), _random.Next())]),
            (Weight(1), () => [new WalAction.Verify()]),
            (Weight(1), () => [new WalAction.Configure((4 + _random.Next(5)) * 4096, _random.Next(3))]),
            (Weight(3) * faults, () => [new WalAction.Fail(Operation(), Failure(), _random.Next(6))]),
            (Weight(1) * faults, () => [new WalAction.Capacity(Pick(-1, 0, _random.Next(40_000)))]),
        ];
    }

    /// <summary>The history of this seed.</summary>
    public static IReadOnlyList<WalAction> Generate(int seed)
    {
        var generator = new HistoryGenerator(seed);
        return [.. Enumerable.Range(0, generator._random.Next(StepsMin, StepsMax + 1)).SelectMany(_ => generator.Next())];
    }

    private WalAction[] Next()
    {
        var at = _random.Next(_actions.Sum(action => action.Weight));
        foreach (var (weight, make) in _actions)
        {
            if (at < weight)
            {
                return make();
            }
            at -= weight;
        }
        return [];
    }

    private WalAction.Append Append() => new([.. Enumerable.Range(0, _random.Next(1, 6)).Select(_ => RecordBytes())]);

    private WalAction.Commit Commit() => new(_random.Next(1000));

    private int RecordBytes() => _random.Next(30) switch
    {
        0 => 0,
        1 => _random.Next(28_000),
        _ => _random.Next(_recordBytesMax),
    };

    private int Weight(int usual) => usual * Pick(0, 1, 1, 4);

    private CrashStyle Style() => (CrashStyle)_random.Next(Enum.GetValues<CrashStyle>().Length);

    private StorageFailure Failure() => Pick(StorageFailure.Full, StorageFailure.Failed, StorageFailure.Failed);

    private DiskOperation Operation() => _random.Next(2) == 0
        ? DiskOperation.Flush
        : (DiskOperation)_random.Next(Enum.GetValues<DiskOperation>().Length);

    private T Pick<T>(params ReadOnlySpan<T> values) => values[_random.Next(values.Length)];
}
