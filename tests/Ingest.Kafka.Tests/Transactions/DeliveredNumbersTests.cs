using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>What is kept of delivered events: each that may come again, for as long as it may, in what has room beside an offset.</summary>
public sealed class DeliveredNumbersTests(ITestOutputHelper output)
{
    private const int OffsetTextMax = 4_096;
    private const int Histories = 60;
    private const int Steps = 4_000;

    // As long as a host's name and a process id may be.
    private static readonly string Owner = new string('h', 80) + "/4194304/" + new string('0', 32);

    /// <summary>
    /// Random histories of a lane and its cluster: events in turn, in no order within a window; some are parked or refused and pass the
    /// position all the same, and are delivered later, in any order; the lane notes what was delivered late; restarts and rewinds.
    /// </summary>
    [Fact]
    public void Each_event_the_cluster_has_and_the_lane_may_send_again_is_known_whatever_came_between()
    {
        var seed = TestSeed.Read(output.WriteLine);
        for (var history = 0; history < Histories; history++)
        {
            new History(new Random(seed + history), $"seed {seed + history}").Run(Steps);
        }
    }

    [Fact]
    public void A_batch_of_dead_letters_has_room_however_far_they_lie_apart_and_however_much_is_above_the_floor()
    {
        const int Batch = 100;
        const long Apart = 1L << 48;
        var delivered = new DeliveredNumbers(Apart * (Batch + 1));
        var owes = new OwedList();
        for (var number = delivered.Floor + 2; delivered.HasRoomFor(number); number += 1L << 41)
        {
            delivered.Add(number);
        }
        for (var number = 1; number <= Batch; number++)
        {
            Assert.True(delivered.HasRoomFor(number * Apart), $"{number} of {Batch}");
            delivered.Add(number * Apart);
            owes.Numbers.Add(number * Apart);
        }
        delivered.RaiseFloor(delivered.Floor + 1, owes);
        Assert.Equal(Batch, Reread(delivered).Owed.Count);
    }

    [Fact]
    public void Many_runs_and_then_a_long_one_fit_beside_an_offset()
    {
        const int Runs = 900;
        var delivered = new DeliveredNumbers(0);
        for (var run = 1L; run <= Runs; run++)
        {
            delivered.Add(run * 2);
        }
        var sequence = delivered.Last + 2;
        for (; sequence < 100_000 && delivered.HasRoomFor(sequence); sequence++)
        {
            delivered.Add(sequence);
        }
        Assert.Equal(100_000, sequence);
        Assert.Equal(delivered.Above.All, Reread(delivered).Above.All);
    }

    /// <summary>Every other one of many events is a dead letter that Kafka has, such as after a rewind.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Where_the_lane_owes_more_than_there_is_room_for_the_floor_waits_until_it_owes_less(bool isKnown)
    {
        const int Letters = 5_000;
        var owes = new OwedList { IsKnown = isKnown };
        var delivered = new DeliveredNumbers(0);
        for (var number = 2L; number <= Letters * 2; number += 2)
        {
            Assert.True(delivered.HasRoomFor(number));
            delivered.Add(number);
            owes.Numbers.UnionWith([number, number - 1]);
        }
        delivered.RaiseFloor(Letters * 2, owes);
        Assert.InRange(delivered.Floor, 1, Letters);
        Assert.All(Enumerable.Range(1, Letters), letter => Assert.True(delivered.Contains(letter * 2)));
        Assert.False(delivered.HasRoomFor(delivered.Floor + 20_000));
        Reread(delivered);

        (owes.IsKnown, delivered) = (true, Reread(delivered));
        owes.Numbers.RemoveWhere(number => number < Letters * 2);
        delivered.RaiseFloor(Letters * 2, owes);
        Assert.Equal((Letters * 2, Letters * 2), (delivered.Floor, delivered.Owed.Last));
        Assert.Equal(1, delivered.Owed.Count);
    }

    [Fact]
    public void Runs_of_owed_events_become_one_where_nothing_between_them_can_come_again()
    {
        const int Letters = 3_000;
        var owes = new OwedList();
        var delivered = new DeliveredNumbers(0);
        for (var letter = 1L; letter <= Letters; letter++)
        {
            var number = letter * 1_000;
            delivered.Add(number);
            owes.Numbers.Add(number);
            delivered.RaiseFloor(number, owes);
        }
        Assert.Equal(Letters * 1_000, delivered.Floor);
        Assert.All(owes.Numbers, number => Assert.True(delivered.Contains(number)));
        Reread(delivered);
    }

    [Fact]
    public void A_rewind_keeps_what_lies_before_it()
    {
        var delivered = new DeliveredNumbers(10);
        foreach (var number in (long[])[3, 4, 5, 7, 12, 13, 15])
        {
            delivered.Add(number);
        }
        var rewound = Reread(delivered.RewoundTo(5));
        Assert.Equal([(3L, 4L)], rewound.Owed.All);
        Assert.Equal((4L, 0), (rewound.Floor, rewound.Above.Count));
        rewound = Reread(delivered.RewoundTo(13));
        Assert.Equal((10L, false), (rewound.Floor, rewound.IsWhole));
        Assert.Equal([(12L, 12L)], rewound.Above.All);
    }

    [Fact]
    public void A_floor_that_rises_forgets_what_cannot_come_again_and_one_that_falls_counts_what_lies_between()
    {
        var delivered = new DeliveredNumbers(10);
        foreach (var sequence in (long[])[11, 12, 15, 16, 20])
        {
            delivered.Add(sequence);
        }
        delivered.RaiseFloor(15, new OwedList());
        Assert.Equal([(16L, 16L), (20L, 20L)], delivered.Above.All);
        delivered.LowerFloor(5);
        Assert.Equal([(6L, 16L), (20L, 20L)], delivered.Above.All);
        delivered.AssertInvariants();
    }

    private static DeliveredNumbers Reread(DeliveredNumbers delivered)
    {
        delivered.AssertInvariants();
        var text = new Progress(Guid.NewGuid(), Owner, delivered).Encode();
        Assert.InRange(text.Length, 1, OffsetTextMax);
        var read = Progress.Decode(text)!.Delivered;
        read.AssertInvariants();
        Assert.Equal((delivered.Floor, delivered.IsWhole), (read.Floor, read.IsWhole));
        Assert.Equal(delivered.Above.All, read.Above.All);
        Assert.Equal(delivered.Owed.All, read.Owed.All);
        return read;
    }

    private sealed class History(Random random, string name)
    {
        private readonly OwedList _owes = new();
        private readonly HashSet<long> _cluster = [];
        private readonly SortedSet<long> _pending = [];

        // Delivered late, which the lane has not noted yet.
        private readonly List<long> _late = [];

        private DeliveredNumbers _delivered = new(0);
        private long _saved;
        private long _read;

        internal void Run(int steps)
        {
            var refusals = random.Next(2, 40);
            for (var step = 0; step < steps; step++)
            {
                switch (random.Next(12))
                {
                    case < 6:
                        ReadOn(random.Next(1, 12));
                        DeliverInTurn(random.Next(1, 12), refusals);
                        break;
                    case < 9:
                        DeliverLate(random.Next(1, 30));
                        break;
                    case 9:
                        NoteLate(random.Next(_late.Count + 1));
                        break;
                    case 10:
                        Save();
                        break;
                    default:
                        Restart();
                        break;
                }
                if (step % 16 == 0)
                {
                    Check();
                }
            }
            Check();
        }

        private void ReadOn(int events)
        {
            for (; events > 0; events--)
            {
                _pending.Add(++_read);
            }
        }

        private void DeliverInTurn(int events, int refusals)
        {
            for (; events > 0 && _pending.Count > 0; events--)
            {
                var sequence = _pending.ElementAt(random.Next(Math.Min(_pending.Count, 400)));
                if (random.Next(refusals) == 0)
                {
                    // Parked or a dead letter, whether or not the cluster has it from an attempt without an answer.
                    _owes.Numbers.Add(sequence);
                    _pending.Remove(sequence);
                }
                if (random.Next(refusals) != 0 && Deliver(sequence))
                {
                    _pending.Remove(sequence);
                }
            }
        }

        private void DeliverLate(int events)
        {
            var waiting = _owes.Numbers.Except(_late).OrderBy(_ => random.Next()).Take(events).ToList();
            foreach (var sequence in waiting.Where(Deliver))
            {
                _late.Add(sequence);
            }
        }

        private bool Deliver(long sequence)
        {
            if (_delivered.Contains(sequence) || _cluster.Contains(sequence))
            {
                Assert.True(_delivered.Contains(sequence), $"{name}: {sequence} is delivered twice.");
                return true;
            }
            _delivered.RaiseFloor(_saved, _owes);
            if (!_delivered.HasRoomFor(sequence))
            {
                Assert.True(_delivered.Owed.Count + _delivered.Above.Count > 40, $"{name}: no room for {sequence}.");
                return false;
            }
            _delivered.Add(sequence);
            _cluster.Add(sequence);
            return true;
        }

        private void NoteLate(int events)
        {
            foreach (var sequence in _late.OrderBy(_ => random.Next()).Take(events).ToList())
            {
                _late.Remove(sequence);
                _owes.Numbers.Remove(sequence);
            }
        }

        private void Save() => _saved = _pending.Count > 0 ? _pending.Min - 1 : _read;

        // What is not noted is not known any more, and the events from behind the position on are read again.
        private void Restart()
        {
            _late.Clear();
            _pending.Clear();
            for (_read = _saved; random.Next(3) != 0 && _pending.Count < 50;)
            {
                ReadOn(1);
            }
            _owes.Numbers.RemoveWhere(sequence => sequence > _saved);
            _owes.IsKnown = random.Next(4) != 0;
            _delivered = Reread(_delivered);
            _delivered.RaiseFloor(_saved, _owes);
            _owes.IsKnown = true;
        }

        private void Check()
        {
            Reread(_delivered);
            var known = _owes.Numbers.Concat(_pending).Where(_cluster.Contains);
            Assert.All(known, sequence => Assert.True(_delivered.Contains(sequence), $"{name}: {sequence} is not known."));
        }
    }
}
