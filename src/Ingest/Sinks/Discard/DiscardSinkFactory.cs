using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Discard;

/// <summary>Makes sinks of kind <c>discard</c>.</summary>
public sealed class DiscardSinkFactory : ISinkFactory
{
    /// <inheritdoc/>
    public string Kind => "discard";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DiscardSinkOptions);

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup) => new DiscardSink();
}

/// <summary>Section <c>Sinks:NAME</c> of a discard sink: there is nothing to set.</summary>
public sealed class DiscardSinkOptions;
