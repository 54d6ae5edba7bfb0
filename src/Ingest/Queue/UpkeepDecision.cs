using Ingest.Wal.Retention;

namespace Ingest.Queue;

/// <summary>
/// What keeps the log tidy, decided without touching anything: what may be reclaimed, and whether the log is over its limit. Entering and
/// leaving the limit have two thresholds, so that intake does not flap at the edge.
/// </summary>
internal static class UpkeepDecision
{
    /// <summary>Share of <see cref="WalSettings.BytesMax"/> below which a log that was over the limit counts as within it again.</summary>
    internal const double ResumeShare = 0.9;

    /// <summary>How long after a segment was recycled the next one is expected, instead of filling a new one.</summary>
    internal static readonly TimeSpan RecyclingExpected = TimeSpan.FromSeconds(5);

    /// <summary>
    /// Whether one more ready segment can be left to recycling: it costs nothing, where filling writes every byte twice. Never when none is
    /// ready, for then the next roll would wait.
    /// </summary>
    internal static bool MayAwaitRecycling(int ready, TimeSpan sinceRecycled) => ready > 0 && sinceRecycled < RecyclingExpected;

    /// <summary>Share of <see cref="WalSettings.BytesMax"/> above which only what is still to be delivered is worth its room.</summary>
    internal const double ShortShare = 0.75;

    /// <summary>Whether settled events have to go even if a reader would keep them.</summary>
    internal static bool IsShort(long bytes, long bytesMax) => bytes > (long)(bytesMax * ShortShare);

    /// <summary>
    /// Whether settled events go though no file has what they tell. Where room is merely short, one look later than it was found so: the
    /// save that was asked for then may have it by now. At once where events are refused.
    /// </summary>
    internal static bool TakesAll(bool isShort, bool refuses, bool saveAsked) => isShort && (refuses || saveAsked);

    /// <summary>Up to where events may be given back: settled, and not kept for telling repeats unless room is short.</summary>
    internal static long Disposable(long settled, long keepFrom, bool isShort) => isShort ? settled : Math.Min(settled, keepFrom - 1);

    /// <summary>
    /// Whether the log takes more than it may. One segment is always in use, also when everything was delivered: with a limit near its size
    /// the log would otherwise stay over it.
    /// </summary>
    internal static bool IsOverLimit(long bytes, long bytesMax, long segmentBytes, bool wasOver) =>
        bytes > (wasOver ? Math.Max((long)(bytesMax * ResumeShare), segmentBytes) : bytesMax);

    internal static ReclaimLimits Limits(long settled, WalSettings settings, DateTimeOffset now) => new(
        settled,
        settings.Retention > TimeSpan.Zero ? (now - settings.Retention).ToUnixTimeMilliseconds() : long.MaxValue,
        settings.RetentionBytes);
}
