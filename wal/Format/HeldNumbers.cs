namespace Ingest.Wal.Format;

/// <summary>
/// How far a reader outside the log has its records, by the epochs they came from. A number alone would not do: beside an older copy of the
/// directory, which cannot know what it lacks, the same number may name another record. Immutable; pure.
/// </summary>
/// <remarks>
/// Invariants: epochs stand in the order in which they were held, each once, newest last; records come in order, so a reader that holds
/// one of an epoch
/// holds all before it that are for him.
/// </remarks>
public sealed class HeldNumbers
{
    /// <summary>
    /// Epochs remembered. An older copy of a log is recognized as long as it ends in one of them; before that all comes again.
    /// </summary>
    public const int EpochsMax = 32;

    /// <summary>Nothing is held.</summary>
    public static readonly HeldNumbers None = new([]);

    private readonly (Guid Epoch, long Last)[] _epochs;

    private HeldNumbers((Guid Epoch, long Last)[] epochs) => _epochs = epochs;

    /// <summary>Epochs with the last number held of each, newest last.</summary>
    public IReadOnlyList<(Guid Epoch, long Last)> Epochs => _epochs;

    /// <summary>Makes it of what was stored.</summary>
    public static HeldNumbers Of(IEnumerable<(Guid Epoch, long Last)> epochs) => new([.. epochs.TakeLast(EpochsMax)]);

    /// <summary>With a record of an epoch held as well.</summary>
    public HeldNumbers With(Guid epoch, long last) => _epochs.Length > 0 && _epochs[^1].Epoch == epoch
        ? new([.. _epochs[..^1], (epoch, last)])
        : Of(_epochs.Where(held => held.Epoch != epoch).Append((epoch, last)));

    /// <summary>Forgets what is behind a number: it is to come once more.</summary>
    /// <param name="last">The last number still held; 0 for none.</param>
    /// <param name="epoch">The one it came from.</param>
    public HeldNumbers DownTo(long last, Guid epoch) =>
        last <= 0 ? None : Of(_epochs.TakeWhile(held => held.Last < last && held.Epoch != epoch)).With(epoch, last);

    /// <summary>
    /// Everything of a log up to here is held: the last number that both know. A copy that went on by itself shares what came
    /// before it; a log
    /// that knows none of the epochs shares nothing.
    /// </summary>
    /// <param name="lastOfEpoch">The last number an epoch may have given out in the log; null when the log does not know it:
    /// <see cref="WriteAheadLog.LastOfEpoch"/>.</param>
    public long UpTo(Func<Guid, long?> lastOfEpoch)
    {
        for (var i = _epochs.Length - 1; i >= 0; i--)
        {
            if (lastOfEpoch(_epochs[i].Epoch) is { } end)
            {
                return Math.Min(_epochs[i].Last, end);
            }
        }
        return 0;
    }
}
