using System.Buffers.Binary;
using Ingest.Simulation.Disk;
using Ingest.Wal;
using Ingest.Wal.Reading;
using Ingest.Wal.Writing;

namespace Ingest.Simulation.Model;

/// <summary>
/// Some runs of a log with a crash after each and, often, damage at its end. All that is durable is delivered before the crash, and
/// mostly no cursor is
/// saved: the log itself does not know what was seen outside. Numbers and identities must never come twice.
/// </summary>
public sealed class DamagedTailHistory
{
    /// <summary>Counts records that were acknowledged.</summary>
    public const string Appended = "record acknowledged";

    private const int RecordBytes = 64;
    private const int HeaderBytes = 4096;

    private readonly SimulatedDisk _disk;
    private readonly Random _random;
    private readonly OutsideView _outside = new();
    private readonly WalOptions _options = new() { SegmentBytes = WalOptions.SegmentBytesMin, GroupBytesMax = 4096, SegmentsAhead = 0 };
    private readonly HistoryCoverage _coverage;
    private Dictionary<string, byte[]>? _copy;
    private int _payloads;
    private long _highest;
    private bool _epochsDamaged;
    private bool _deleted;

    // An older copy cannot know the numbers of the log it was taken of: from then on only identities and the sink tell.
    private bool _hasForked;

    /// <summary>A history on a new disk.</summary>
    public DamagedTailHistory(int seed, HistoryCoverage coverage) =>
        (_disk, _random, _coverage) = (new SimulatedDisk(seed), new Random(seed), coverage);

    /// <summary>Told what happens.</summary>
    public Action<string>? Trace { get; init; }

    /// <summary>Runs it. Returns how many crashes there were.</summary>
    /// <exception cref="ModelException">A consumer took a record for another one.</exception>
    public int Run()
    {
        var runs = _random.Next(2, 7);
        for (var run = 0; run < runs; run++)
        {
            var clean = RunOnce();
            Crash(clean);
        }
        RunOnce();
        return runs;
    }

    // True: stopped in order.
    private bool RunOnce()
    {
        using var log = WriteAheadLog.Open(_disk.Mount(), _options, () => (ulong)_random.NextInt64());
        Trace?.Invoke($"open: ends {log.DurableSequence}, next {log.NextSequence}, {log.Recovery}, files {string.Join(' ', _disk.Files)}");
        if (!_hasForked && log.NextSequence <= _highest)
        {
            throw new ModelException($"The log goes on with {log.NextSequence}; {_highest} was given out.");
        }
        _outside.Opened(log);
        var from = 1L;
        using (var cursor = log.OpenCursor("lane"))
        {
            from = cursor.Sequence + 1;
        }
        using var reader = log.OpenReader(from);
        Deliver(log, reader);
        for (var groups = _random.Next(6); groups > 0; groups--)
        {
            Append(log, _random.Next(1, 12));
            if (_random.Next(4) > 0)
            {
                Deliver(log, reader);
            }
        }
        Deliver(log, reader);
        if (_random.Next(5) == 0)
        {
            using var cursor = log.OpenCursor("lane");
            cursor.Save(log.DurableSequence, default);
        }
        if (_random.Next(3) > 0)
        {
            return false;
        }
        log.MarkClean();
        return true;
    }

    private void Append(WriteAheadLog log, int records)
    {
        using var batch = RecordBatch.Rent();
        for (var i = 0; i < records; i++)
        {
            batch.BeginRecord();
            BinaryPrimitives.WriteInt32LittleEndian(batch.GetSpan(RecordBytes)[..RecordBytes], _payloads++);
            batch.Advance(RecordBytes);
            batch.EndRecord();
        }
        if (!log.TryAdd(batch, out _) || log.Commit(0) != CommitOutcome.Committed)
        {
            throw new ModelException($"A sound log on a sound disk took no group: {log.Poison?.Message}");
        }
        _coverage.Count(Appended, records);
        _highest = Math.Max(_highest, log.DurableSequence);
    }

    private void Deliver(WriteAheadLog log, WalReader reader)
    {
        while (reader.Read() is var status and not WalReadStatus.CaughtUp)
        {
            if (status == WalReadStatus.Record)
            {
                _outside.Take(log, reader.Sequence, BinaryPrimitives.ReadInt32LittleEndian(reader.Body));
            }
        }
    }

    private void Crash(bool clean)
    {
        _disk.Crash(CrashStyle.ProcessKilled, _random.Next());
        if (_copy is null && _random.Next(3) == 0)
        {
            _copy = _disk.Files.ToDictionary(file => file, _disk.ReadAll);
        }
        var kinds = Enum.GetValues<TailDamage>();
        var damage = kinds[_random.Next(kinds.Length)];
        if (clean && damage is TailDamage.Cut or TailDamage.Delete && _random.Next(2) == 0)
        {
            damage = TailDamage.Mark;
        }
        if (Apply(damage))
        {
            Trace?.Invoke($"{damage}, given {_highest}");
            _coverage.Count($"{damage}{(clean ? " after a stop in order" : "")}");
        }
    }

    private bool Apply(TailDamage damage)
    {
        var tail = _disk.Files.Where(file => file.EndsWith(".wal", StringComparison.Ordinal)).Max()!;
        switch (damage)
        {
            case TailDamage.Flip:
                return ChangeEnd(tail, bytes => bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8)));
            case TailDamage.Zero:
                return ChangeEnd(tail, bytes => Array.Clear(bytes));
            case TailDamage.Garbage:
                return ChangeEnd(tail, _random.NextBytes);
            case TailDamage.Cut:
                var whole = _disk.ReadAll(tail);
                return CutTo(tail, whole, _random.Next(4) == 0
                    ? _random.Next(whole.Length)
                    : Math.Clamp(EndOf(whole) - _random.Next(800), 0, whole.Length));
            case TailDamage.Delete:
                _deleted = true;
                return !_epochsDamaged && Remove(tail);
            case TailDamage.Epochs:
                // Two witnesses of one thing: with a segment deleted or the log copied the table is the only one.
                if (_copy is not null || _deleted)
                {
                    return false;
                }
                _epochsDamaged = true;
                return _disk.Files.Contains("epochs") && ChangeEnd("epochs", bytes => bytes[_random.Next(bytes.Length)] ^= 1);
            case TailDamage.Mark:
                return _disk.Files.Contains("clean") && Remove("clean");
            case TailDamage.OlderCopy:
                return RestoreCopy();
            default:
                return true;
        }
    }

    // What may leave no whole group is a deletion: the other witness of the segment's numbers is gone.
    private bool CutTo(string tail, ReadOnlySpan<byte> whole, int length)
    {
        if (length < HeaderBytes + _options.GroupBytesMax)
        {
            if (_epochsDamaged)
            {
                return false;
            }
            _deleted = true;
        }
        Put(tail, whole[..length]);
        return true;
    }

    private bool RestoreCopy()
    {
        if (_copy is null || _epochsDamaged)
        {
            return false;
        }
        _hasForked = true;
        foreach (var file in _disk.Files.Where(file => !_copy.ContainsKey(file)).ToList())
        {
            Remove(file);
        }
        foreach (var (file, content) in _copy)
        {
            Put(file, content);
        }
        return true;
    }

    // Some bytes in front of where the content ends: of a segment about the last group.
    private bool ChangeEnd(string file, Action<byte[]> change)
    {
        var content = _disk.ReadAll(file);
        var end = EndOf(content);
        var start = Math.Max(file.EndsWith(".wal", StringComparison.Ordinal) ? HeaderBytes : 0, end - _random.Next(1, 1000));
        if (start >= end)
        {
            return false;
        }
        var part = content[start..end];
        change(part);
        part.CopyTo(content, start);
        Put(file, content);
        return true;
    }

    private static int EndOf(ReadOnlySpan<byte> content) => content.LastIndexOfAnyExcept((byte)0) + 1;

    private void Put(string file, ReadOnlySpan<byte> content)
    {
        using var directory = _disk.Mount();
        if (_disk.Files.Contains(file))
        {
            directory.Delete(file);
        }
        using var created = directory.Create(file);
        created.Write(content, 0);
        created.Flush();
        directory.Sync(Path.GetDirectoryName(file) ?? "");
    }

    private bool Remove(string file)
    {
        using var directory = _disk.Mount();
        directory.Delete(file);
        directory.Sync(Path.GetDirectoryName(file) ?? "");
        return true;
    }
}
