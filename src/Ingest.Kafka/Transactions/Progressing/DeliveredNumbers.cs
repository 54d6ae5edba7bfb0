using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// The events a cluster has, of those the lane may still send: all above a floor, which is the lane's position on disk, and of those
/// below it the ones that are parked or dead letters at the lane. Pure; one thread at a time.
/// </summary>
/// <remarks>
/// Invariants: an event that the cluster has, and that the lane may send once more, is in here; <see cref="Above"/> has numbers above the
/// floor only, <see cref="Owed"/> the others, and numbers between them that can never come; where <see cref="HasRoomFor"/> was asked before
/// each <see cref="Add"/>, both fit beside an offset.
/// </remarks>
internal sealed class DeliveredNumbers
{
    /// <param name="floor">What is up to here was settled and noted on the node's disk.</param>
    /// <param name="isWhole">Whether the cluster has all of that.</param>
    internal DeliveredNumbers(long floor, bool isWhole = false)
        : this(floor, isWhole || floor <= 0, new NumberRuns(), new NumberRuns())
    {
    }

    private DeliveredNumbers(long floor, bool isWhole, NumberRuns above, NumberRuns owed) =>
        (Floor, IsWhole, Above, Owed) = (floor, isWhole, above, owed);

    /// <summary>
    /// Whether the cluster has every event up to the floor: none was parked or refused, and none delivered without progress.
    /// </summary>
    internal bool IsWhole { get; private set; }

    /// <summary>The lane begins behind it after a restart.</summary>
    internal long Floor { get; private set; }

    /// <summary>Events above the floor.</summary>
    internal NumberRuns Above { get; }

    /// <summary>Events up to the floor that the lane has not noted as delivered, as far as is known.</summary>
    internal NumberRuns Owed { get; }

    /// <summary>The highest number above the floor, or the floor.</summary>
    internal long Last => Above.Last ?? Floor;

    /// <summary>Whether the cluster has an event.</summary>
    internal bool Contains(long sequence) => (sequence > Floor ? Above : Owed).Contains(sequence);

    /// <summary>
    /// Whether what there would be with this event can be written. Where it cannot, the lane has to note what was delivered first.
    /// </summary>
    internal bool HasRoomFor(long sequence) => Contains(sequence) || ProgressBytes.HaveRoomFor(this, sequence);

    /// <summary>Adds an event.</summary>
    internal void Add(long sequence) => (sequence > Floor ? Above : Owed).Add(sequence, sequence);

    /// <summary>
    /// The lane has noted that it begins at or behind this number after a restart, and which events it owes: what cannot come again is
    /// no longer kept. Where there is no room for what it owes, the floor rises less.
    /// </summary>
    internal void RaiseFloor(long floor, IOwedEvents owes)
    {
        Owed.RemoveAll(run => owes.MayCome(run.First, run.Last) == false);
        if (floor <= Floor)
        {
            return;
        }
        floor = TakeOver(floor, owes);
        IsWhole &= Above.Count > 0 && Above.All[0].First == Floor + 1 && Above.All[0].Last >= floor;
        Above.RemoveUpTo(floor);
        Floor = floor;
    }

    /// <summary>
    /// The lane begins below the floor, which the cluster knows better: what lies between counts as delivered. Only where
    /// <see cref="IsWhole"/>.
    /// </summary>
    internal void LowerFloor(long floor)
    {
        if (floor >= Floor)
        {
            return;
        }
        Above.Add(floor + 1, Floor);
        Floor = floor;
        Owed.RemoveFrom(floor + 1);
    }

    /// <summary>What there is when everything from a number on is to be delivered once more.</summary>
    internal DeliveredNumbers RewoundTo(long next)
    {
        var rewound = new DeliveredNumbers(Math.Min(Floor, next - 1), isWhole: false, Above.Clone(), Owed.Clone());
        rewound.Above.RemoveFrom(next);
        rewound.Owed.RemoveFrom(next);
        return rewound;
    }

    /// <summary>A copy that changes by itself.</summary>
    internal DeliveredNumbers Clone() => new(Floor, IsWhole, Above.Clone(), Owed.Clone());

    /// <summary>Throws unless the invariants hold. For tests.</summary>
    internal void AssertInvariants()
    {
        Above.AssertInvariants();
        Owed.AssertInvariants();
        if ((Above.Count > 0 && Above.All[0].First <= Floor) || Owed.Last > Floor)
        {
            throw new InvalidOperationException($"Floor {Floor}, above from {Above.All[0].First}, owed up to {Owed.Last}.");
        }
    }

    // What the lane owes up to the floor is with the owed ones afterwards. Returns how far there was room for that.
    private long TakeOver(long floor, IOwedEvents owes)
    {
        var runs = Above.All.TakeWhile(run => run.First <= floor).Select(run => (run.First, Last: Math.Min(run.Last, floor))).ToList();
        // Most often it owes none at all.
        if (runs.Count == 0 || owes.MayCome(runs[0].First, runs[^1].Last) == false)
        {
            return floor;
        }
        var room = ProgressBytes.RoomForOwed(this);
        foreach (var (first, last) in runs.Where(run => owes.MayCome(run.First, run.Last) != false))
        {
            if (room <= 0)
            {
                Owed.CloseGaps((from, to) => owes.MayCome(from, to) == false);
                room = ProgressBytes.RoomForOwed(this);
            }
            if (room <= 0)
            {
                return first - 1;
            }
            Owed.Add(first, last);
            room--;
        }
        return floor;
    }
}
