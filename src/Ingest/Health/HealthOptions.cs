using System.ComponentModel;
using System.ComponentModel.DataAnnotations;

namespace Ingest.Health;

/// <summary>Section <c>Health</c>: when the node counts as live and ready.</summary>
public sealed class HealthOptions
{
    /// <summary>How often the node is looked at. Default 1 s; 100 ms to 1 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00"), Description("How often the node is looked at.")]
    public TimeSpan SampleInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Age from which the last look no longer counts and the answer is failing. Default 5 s; 200 ms to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:10:00"), Description("Age from which the last look no longer counts.")]
    public TimeSpan StaleAfter { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How long commits may wait without any progress before the node is not live. Default 30 s; 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("How long commits may stand still before the node is not live.")]
    public TimeSpan CommitStallMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Share of the memory limit below which memory is good again. Default 0.6; 0.05 to 0.99, less than the high one.</summary>
    [Range(0.05, 0.99), Description("Share of the memory limit below which memory is good again.")]
    public double MemoryLow { get; set; } = 0.6;

    /// <summary>Share of the memory limit above which memory is failing. Default 0.8; 0.1 to 1.</summary>
    [Range(0.1, 1.0), Description("Share of the memory limit above which memory is failing.")]
    public double MemoryHigh { get; set; } = 0.8;

    /// <summary>The least time between two changes of the memory or the disk state. Default 5 s; 0 to 10 min.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00"), Description("Least time between two changes of the memory or disk state.")]
    public TimeSpan Dwell { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long memory may be failing before it is given back by force and judged anew: below <see cref="MemoryHigh"/> is then enough.
    /// Default 30 s; 1 s to 1 h.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("How long memory may be failing before it is judged anew.")]
    public TimeSpan MemoryRecheck { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Free bytes on the data directory's file system below which intake refuses. Default 128 MiB; 0 (never) to 1 PiB.</summary>
    [Range(0L, 1L << 50), Description("Free bytes on disk below which intake refuses; 0: never.")]
    public long DiskFreeLow { get; set; } = 128 * 1024 * 1024;

    /// <summary>Free bytes from which intake accepts again. Default 256 MiB; 0 to 1 PiB, at least <see cref="DiskFreeLow"/>.</summary>
    [Range(0L, 1L << 50), Description("Free bytes on disk from which intake accepts again.")]
    public long DiskFreeHigh { get; set; } = 256 * 1024 * 1024;

    /// <summary>The most a refused client is told to wait. Default 60 s; 1 s to 1 h.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00"), Description("The most a refused client is told to wait.")]
    public TimeSpan RetryAfterMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>The operator's policy. Default empty: <c>policy.json</c> in the data directory. It need not exist.</summary>
    [Description("The operator's policy file; empty: policy.json in the data directory.")]
    public string PolicyFile { get; set; } = "";

    /// <summary>What the ranges of single settings cannot say: one sentence per contradiction, naming key and value.</summary>
    public IEnumerable<string> Contradictions()
    {
        if (MemoryLow >= MemoryHigh)
        {
            yield return FormattableString.Invariant($"Health:MemoryLow = {MemoryLow} must be below Health:MemoryHigh = {MemoryHigh}.");
        }
        if (DiskFreeHigh < DiskFreeLow)
        {
            yield return $"Health:DiskFreeHigh = {DiskFreeHigh} must be at least Health:DiskFreeLow = {DiskFreeLow}.";
        }
        if (StaleAfter < 2 * SampleInterval)
        {
            yield return $"Health:StaleAfter = {StaleAfter} must be at least twice Health:SampleInterval = {SampleInterval}.";
        }
    }
}
