using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <summary>A configured sink.</summary>
/// <param name="Name">The lane's and its cursor's name: a letter or digit, then letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Kind">The sink's kind.</param>
/// <param name="NewSink">Makes the sink, which the lane disposes; once at each opening of the lanes.</param>
public sealed record LaneSpec(string Name, string Kind, Func<ISink> NewSink);
