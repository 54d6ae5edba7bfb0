using Ingest.Publishing;
using Ingest.Sinks.Contract;
using Ingest.Wal;

namespace Ingest.DeadLetters.Publication;

/// <summary>Where dead letters are published to, beside being kept: <c>DeadLetters:PublishTo</c>.</summary>
/// <param name="Name">The sink's name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Create">Makes the sink. What it gets are events of this log: the dead letters' own.</param>
/// <param name="Options">How it is sent to.</param>
/// <param name="EpochOf">Under what identity the node's log gave a number out.</param>
public sealed record DeadLetterPublication(
    string Name, string Kind, Func<WriteAheadLog, ISink> Create, PublishingOptions Options, Func<long, Guid> EpochOf);
