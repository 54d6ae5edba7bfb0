using System.Text.Json.Serialization;

namespace Ingest.Sinks.Files;

/// <summary>
/// How far a stream's output had got when it was last noted, in <c>.position</c> beside the files. What was written since is found by
/// scanning the file behind <see cref="Offset"/>.
/// </summary>
internal sealed record OutputPosition
{
    internal const string FileName = ".position";

    /// <summary>The log the sequence numbers belong to.</summary>
    public Guid Log { get; init; }

    /// <summary>Everything of the stream up to here is in its files, or was.</summary>
    public long Held { get; init; }

    /// <summary>
    /// Of each epoch of the log the last number held, newest last: the last one is <see cref="Held"/>'s. Empty in notes of earlier
    /// builds, which are of the log's first epoch.
    /// </summary>
    /// <remarks>Generated readers set a member that is missing to null, whatever its initializer says.</remarks>
    public IReadOnlyList<OutputEpoch> Epochs { get => field ?? []; init; }

    /// <summary>Goes into the names of new files; counts up when events come once more.</summary>
    public int Generation { get; init; }

    /// <summary>The last rewind that is reflected in <see cref="Held"/>.</summary>
    public int Rewinds { get; init; }

    /// <summary>The current file; empty when the next event begins a new one.</summary>
    public string File { get; init; } = "";

    /// <summary>Everything before this byte of <see cref="File"/> is known to be whole.</summary>
    public long Offset { get; init; }

    /// <summary>When <see cref="File"/> was begun, Unix ms.</summary>
    public long BegunUnixMs { get; init; }
}

/// <summary>How far the events of one epoch of the log are held.</summary>
/// <param name="Id">The epoch.</param>
/// <param name="Last">The last number held.</param>
internal sealed record OutputEpoch(Guid Id, long Last);

/// <summary>The last rewind of the sink, in <c>.rewound</c> of its directory: every stream takes it up when it is next used.</summary>
/// <param name="Log">The log the sequence number belongs to.</param>
/// <param name="Rewinds">How many rewinds there were.</param>
/// <param name="Next">The first event to come once more.</param>
internal sealed record OutputRewind(Guid Log, int Rewinds, long Next)
{
    internal const string FileName = ".rewound";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OutputPosition))]
[JsonSerializable(typeof(OutputRewind))]
internal sealed partial class OutputJson : JsonSerializerContext;
