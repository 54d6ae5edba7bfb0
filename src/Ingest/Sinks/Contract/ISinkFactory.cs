using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Contract;

/// <summary>Makes sinks of one kind. The kind is what <c>Sinks:NAME:Kind</c> says (default: the name).</summary>
public interface ISinkFactory
{
    /// <summary>The kind's name, lower case: <c>file</c>, <c>discard</c>, <c>http</c>, <c>kafka</c>.</summary>
    string Kind { get; }

    /// <summary>The options type bound from <c>Sinks:NAME</c>, for <c>config show</c> and validation.</summary>
    Type OptionsType { get; }

    /// <summary>Client library of the kind's sinks, with version and build; null for a kind that rests on none.</summary>
    string? Client => null;

    /// <summary>Makes a sink. Touches nothing outside: that is <see cref="ISink.OpenAsync"/>'s.</summary>
    /// <exception cref="InvalidOperationException">The settings are wrong; the message names key, value and range.</exception>
    ISink Create(SinkSetup setup);

    /// <summary>
    /// What is wrong with the files that a sink's settings name, for <c>ingest config check</c>. A node starts all the same: its lane is
    /// blocked until the file is right.
    /// </summary>
    /// <param name="settings">The section <c>Sinks:NAME</c>.</param>
    /// <param name="dataDirectory">The node's data directory, absolute: relative paths begin there.</param>
    IEnumerable<SinkFileProblem> CheckFiles(IConfigurationSection settings, string dataDirectory) => [];
}

/// <summary>A file that a sink's setting names and that is not what it should be.</summary>
/// <param name="Key">The setting's name within the sink's section.</param>
/// <param name="Path">What it says.</param>
/// <param name="Problem">What is wrong with the file, in one sentence.</param>
public sealed record SinkFileProblem(string Key, string Path, string Problem);

/// <summary>What a sink is made from.</summary>
/// <param name="Name">The lane's name.</param>
/// <param name="Settings">The section <c>Sinks:NAME</c>.</param>
/// <param name="DataDirectory">The node's data directory, absolute.</param>
/// <param name="LogId">Identity of the log the events come from.</param>
/// <param name="Time">The clock.</param>
/// <param name="Loggers">For the sink's own messages.</param>
public sealed record SinkSetup(
    string Name,
    IConfigurationSection Settings,
    string DataDirectory,
    Guid LogId,
    TimeProvider Time,
    ILoggerFactory Loggers)
{
    /// <summary>
    /// The identity under which a number was given out: with the number it names an event for ever, also beside an older copy of
    /// the log that
    /// went on by itself. Any thread.
    /// </summary>
    public Func<long, Guid> EpochOf { get; init; } = _ => LogId;

    /// <summary>The last number an epoch may have given out in this log; null when the log does not know it. Any thread.</summary>
    public Func<Guid, long?> LastOfEpoch { get; init; } = epoch => epoch == LogId ? long.MaxValue : null;

    /// <summary>
    /// Whether no event of this log ever had the number: a start after a stop that was not in order passed over it, because it may have
    /// been given out. Any thread.
    /// </summary>
    public Func<long, bool> WasPassedOver { get; init; } = _ => false;
}
