using Ingest.Wal.Format;

namespace Ingest.Wal.Segments;

/// <summary>One segment of an open log, as the writer, the readers and reclaim see it together.</summary>
/// <remarks>
/// Lock-free between the writer and the readers because:
/// <list type="bullet">
/// <item>how far it may be read, in bytes and in records, is one word, so that both always belong together. It only grows, and the
/// committing thread alone writes it, after the bytes below it were flushed.</item>
/// <item><see cref="LastSequence"/> changes once, from <see cref="long.MaxValue"/>, before the next segment is published.</item>
/// <item>a reader holds a pin while it reads; reclaim reuses the file only if it retired the segment while no pin was held, and no pin
/// is given once it is retired. The pin count and the mark are one word, changed by compare-and-swap.</item>
/// </list>
/// </remarks>
/// <param name="name">Its name.</param>
/// <param name="bytes">Length of the file, cut to whole frame places.</param>
/// <param name="createdUnixMs">What its header says.</param>
/// <param name="declaredBytes">What its header says of the length; 0 where that is not known.</param>
internal sealed class Segment(SegmentName name, int bytes, long createdUnixMs, int declaredBytes = 0)
{
    private const int Retired = int.MinValue;
    private const int EndBits = 32;

    private long _readable = SegmentHeader.BlockBytes;
    private long _lastSequence = long.MaxValue;
    private long _lastGiven = long.MaxValue;
    private SealInfo? _seal;
    private int _pins;

    internal SegmentName Name { get; } = name;

    internal string FileName { get; } = name.ToString();

    internal uint Salt { get; } = name.Salt;

    internal int Bytes { get; } = bytes;

    internal long CreatedUnixMs { get; } = createdUnixMs;

    internal long BaseSequence => Name.BaseSequence;

    /// <summary>The last number before the next segment's first; <see cref="long.MaxValue"/> while this one is appended to.</summary>
    internal long LastSequence => Volatile.Read(ref _lastSequence);

    /// <summary>
    /// <see cref="LastSequence"/> without the numbers that were passed over before the next segment. Of a finished segment.
    /// </summary>
    internal long LastGiven => Volatile.Read(ref _lastGiven);

    /// <summary>What the seal says; null while there is none or it was not read yet.</summary>
    internal SealInfo? Seal
    {
        get => Volatile.Read(ref _seal);
        set => Volatile.Write(ref _seal, value);
    }

    /// <summary>The file is shorter than it was made: it was cut, or a copy ran out of room.</summary>
    internal bool IsCut => Bytes < declaredBytes;

    /// <summary>What the file's length was when it was made, as far as that is known.</summary>
    internal int DeclaredBytes => Math.Max(Bytes, declaredBytes);

    /// <summary>Where frames end at the latest: the seal's place, which went with the end of a file that was cut.</summary>
    internal long FramesEnd => IsCut ? Bytes : Bytes - SealBody.FrameBytes;

    /// <summary>How far a segment that is appended to may be read.</summary>
    internal SegmentBounds Readable
    {
        get
        {
            var readable = Volatile.Read(ref _readable);
            return new SegmentBounds((uint)readable, BaseSequence + (readable >> EndBits) - 1);
        }
    }

    /// <summary>About how many bytes the frames behind a record take: records are taken for equally large.</summary>
    internal long BytesBehind(long sequence)
    {
        var bounds = LastSequence == long.MaxValue ? Readable : Seal?.Bounds ?? new SegmentBounds(FramesEnd, LastGiven);
        var held = bounds.Last - BaseSequence + 1;
        var behind = Math.Min(held, bounds.Last - sequence);
        return behind <= 0 ? 0 : (long)((bounds.End - SegmentHeader.BlockBytes) * ((double)behind / held));
    }

    internal void PublishReadable(in SegmentBounds bounds) =>
        Volatile.Write(ref _readable, ((bounds.Last - BaseSequence + 1) << EndBits) | bounds.End);

    /// <summary>Ends the segment: the next one begins behind <paramref name="lastSequence"/>.</summary>
    internal void PublishLast(long lastSequence, long lastGiven)
    {
        Volatile.Write(ref _lastGiven, lastGiven);
        Volatile.Write(ref _lastSequence, lastSequence);
    }

    /// <summary>Keeps the file from being reused until <see cref="Unpin"/>. False: it is being removed.</summary>
    internal bool TryPin()
    {
        var pins = Volatile.Read(ref _pins);
        while (pins >= 0)
        {
            var seen = Interlocked.CompareExchange(ref _pins, pins + 1, pins);
            if (seen == pins)
            {
                return true;
            }
            pins = seen;
        }
        return false;
    }

    internal void Unpin() => Interlocked.Decrement(ref _pins);

    /// <summary>Gives no more pins. True when none is held: then the file's bytes may be overwritten.</summary>
    internal bool Retire() => Interlocked.Or(ref _pins, Retired) == 0;

    /// <summary>Not retired: if its file is missing, another process took it.</summary>
    internal bool IsInPlace => Volatile.Read(ref _pins) >= 0;

    /// <summary>Takes <see cref="Retire"/> back when the removal failed.</summary>
    internal void Reinstate() => Interlocked.And(ref _pins, ~Retired);
}
