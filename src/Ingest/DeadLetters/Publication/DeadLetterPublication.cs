using Ingest.Publishing;
using Ingest.Sinks.Contract;

namespace Ingest.DeadLetters.Publication;

/// <summary>Where dead letters are published to, beside being kept: <c>DeadLetters:PublishTo</c>.</summary>
/// <param name="Name">The sink's name.</param>
/// <param name="Kind">Its kind.</param>
/// <param name="Create">Makes the sink. What it gets are events of the log with this identity: the dead letters' own.</param>
/// <param name="Options">How it is sent to.</param>
/// <param name="LogId">Identity of the node's log, where the events came from.</param>
public sealed record DeadLetterPublication(string Name, string Kind, Func<Guid, ISink> Create, PublishingOptions Options, Guid LogId);
