using System.Buffers.Binary;
using System.Globalization;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Ledger;
using Ingest.DeadLetters.Storage;
using Ingest.Publishing;
using Ingest.Publishing.Requeue;
using Ingest.Testing;
using Ingest.Wal.Format;
using Ingest.Wal.Writing;

namespace Ingest.Tests.DeadLetters;

/// <summary>
/// What a file that goes takes with it: a ledger that is read from the records that are still needed knows what one that read all of them
/// knows.
/// </summary>
public sealed class NeededRecordsTests(ITestOutputHelper output)
{
    private const string Lane = "http";
    private const int Histories = 400;
    private const int Steps = 60;

    [Fact]
    public void A_delivery_that_the_accounts_lack_is_known_after_the_file_of_its_letter_was_not_needed_by_any_letter()
    {
        var log = new Records();
        log.Write(batch => WriteLetter(batch, 7, isRepeat: false));
        log.Write(batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Requeued, Lane, 2, [7]));
        log.Write(batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Delivered, Lane, 0, [7]));

        Assert.Equal((1L, false), log.Ledger.NeededFrom(_ => Bounds(counted: 7, settled: 0)));
        Assert.Equal((4L, false), log.Ledger.NeededFrom(_ => Bounds(counted: 7, settled: 3)));
    }

    [Fact]
    public void A_letter_that_was_refused_again_after_a_rewind_needs_the_first_record_until_it_is_moved()
    {
        var log = new Records();
        log.Write(batch => WriteLetter(batch, 7, isRepeat: false));
        log.Write(batch => DeadLetterRecordWriter.WriteKeys(batch, DeadLetterRecordKind.Requeued, Lane, 2, [7]));
        log.Write(batch => WriteLetter(batch, 7, isRepeat: true));

        Assert.Equal((1L, true), log.Ledger.NeededFrom(_ => Bounds(counted: 7, settled: 0)));
        var letter = Assert.Single(log.Ledger.Oldest(10));
        Assert.Equal((3L, true, true), (letter.Position, letter.IsCounted, letter.IsRequeued));

        log.Write(batch => DeadLetterRecordWriter.WriteMoved(batch, letter, isPublished: false, [1]));
        Assert.Equal((4L, true), log.Ledger.NeededFrom(_ => Bounds(counted: 7, settled: 0)));
    }

    [Fact]
    public void A_ledger_of_the_records_that_are_needed_knows_what_one_of_all_records_knows()
    {
        var first = TestSeed.Read(output.WriteLine);
        for (var seed = first; seed < first + Histories; seed++)
        {
            new History(seed).Run();
        }
    }

    private static RequeueBounds Bounds(long counted, long settled) => new(counted, counted, settled, counted, 100, 1 << 20);

    private static void WriteLetter(RecordBatch batch, long sequence, bool isRepeat, long now = 1) =>
        DeadLetterRecordWriter.WriteLetter(batch, Lane, new RejectedEvent(sequence, new byte[] { 1 }, "no", 1, now, now, isRepeat));

    /// <summary>Records of a log by their positions, all of them applied to a ledger.</summary>
    private sealed class Records
    {
        private readonly List<byte[]> _records = [];

        internal DeadLetterLedger Ledger { get; } = new();

        internal long Last => _records.Count;

        internal void Write(Action<RecordBatch> write)
        {
            using var batch = RecordBatch.Rent();
            write(batch);
            for (var rest = batch.Frames; !rest.IsEmpty;)
            {
                var length = BinaryPrimitives.ReadInt32LittleEndian(rest);
                _records.Add(rest.Slice(FrameHeader.Bytes, length).ToArray());
                Apply(Ledger, Last);
                rest = rest[FrameHeader.FrameBytes(length)..];
            }
        }

        /// <summary>What the next start would know if the records before this one were gone.</summary>
        internal DeadLetterLedger From(long position)
        {
            var ledger = new DeadLetterLedger();
            for (var next = position; next <= Last; next++)
            {
                Apply(ledger, next);
            }
            return ledger;
        }

        private void Apply(DeadLetterLedger ledger, long position)
        {
            Assert.True(DeadLetterRecord.TryRead(_records[(int)position - 1], out var record));
            ledger.Apply(record, position);
        }
    }

    /// <summary>A lane that refuses, is rewound, requeues, delivers, drops, moves and crashes, as the product does.</summary>
    private sealed class History(int seed)
    {
        private readonly Random _random = new(seed);
        private readonly Records _log = new();

        // What the lane has settled, and what its accounts on disk have of it and of the deliveries.
        private long _highWater;
        private long _counted;
        private long _settled;
        private long _now;

        internal void Run()
        {
            for (var step = 0; step < Steps; step++)
            {
                Step();
                Check(step);
            }
        }

        private void Step()
        {
            var letters = _log.Ledger.Query(DeadLetterFilter.All, null, 1000);
            var requeued = letters.Where(letter => letter.IsRequeued && letter.Key.Sequence <= _counted && Coin()).ToList();
            var some = letters.Where(letter => letter.Key.Sequence <= _counted && Coin()).Select(Sequence).ToList();
            _now++;
            switch (_random.Next(9))
            {
                case 0 or 1:
                    Enumerable.Range(0, _random.Next(1, 4)).ToList().ForEach(_ => Store(++_highWater, isRepeat: false));
                    break;
                case 2 when _counted > 0:
                    Store(_random.NextInt64(1, _counted + 1), isRepeat: true);
                    break;
                case 3:
                    (_counted, _settled) = (_highWater, Coin() ? _log.Last : _settled);
                    break;
                case 4 when some.Count > 0:
                    WriteKeys(DeadLetterRecordKind.Requeued, some, _log.Last + 1);
                    break;
                case 5 when requeued.Count > 0:
                    WriteKeys(DeadLetterRecordKind.Delivered, [.. requeued.Select(Sequence)]);
                    break;
                case 6 when requeued.Count > 0:
                    _log.Write(batch => DeadLetterRecordWriter.WriteRefused(
                        batch, requeued[0], "still", requeued[0].Attempts + 1, _now));
                    break;
                case 7 when some.Count > 0:
                    WriteKeys(DeadLetterRecordKind.Dropped, some);
                    break;
                case 8 when Coin():
                    _highWater = _counted;
                    _log.Write(batch => DeadLetterRecordWriter.WriteBegun(batch, Lane, _counted));
                    break;
                default:
                    foreach (var letter in _log.Ledger.Oldest(_random.Next(3)).TakeWhile(letter => letter.Key.Sequence <= _counted))
                    {
                        _log.Write(batch => DeadLetterRecordWriter.WriteMoved(batch, letter, isPublished: false, [1]));
                    }
                    break;
            }
        }

        private void Check(int step)
        {
            var bounds = Bounds(_counted, _settled);
            var needed = _log.Ledger.NeededFrom(_ => bounds).From;
            // A file goes as a whole: some of what is not needed is still there.
            foreach (var from in new[] { needed, _random.NextInt64(1, needed + 1) })
            {
                var left = _log.From(from);
                // One that has read nothing does not know where the log stands.
                var stillNeeded = Math.Max(left.NeededFrom(_ => bounds).From, from);
                var where = string.Create(CultureInfo.InvariantCulture, $"INGEST_SEED={seed} step {step} from {from} of {_log.Last}: ");
                Assert.Equal(where + Known(_log.Ledger), where + Known(left));
                Assert.Equal($"{where}needed from {needed}", $"{where}needed from {stillNeeded}");
            }
        }

        private static string Known(DeadLetterLedger ledger) => string.Join(
            '\n',
            [
                .. ledger.Query(DeadLetterFilter.All, null, 1000).Select(letter => letter.ToString()),
                .. ledger.Settlements().Select(offered => $"{offered.Settlement.Position}: {string.Join(',', offered.Settlement.Letters)}"),
                .. ledger.Drops().Select(drop => $"dropped {string.Join(',', drop.Sequences)}"),
            ]);

        private void Store(long sequence, bool isRepeat) => _log.Write(batch => WriteLetter(batch, sequence, isRepeat, _now));

        private void WriteKeys(DeadLetterRecordKind kind, List<long> sequences, long ticket = 0) =>
            _log.Write(batch => DeadLetterRecordWriter.WriteKeys(batch, kind, Lane, ticket, sequences));

        private static long Sequence(DeadLetter letter) => letter.Key.Sequence;

        private bool Coin() => _random.Next(2) == 0;
    }
}
