using Ingest.Sinks.Contract;

namespace Ingest.Publishing.Lanes;

/// <summary>A configured sink.</summary>
/// <param name="Name">The lane's and its cursor's name: a letter or digit, then letters, digits, <c>.</c>, <c>_</c> and <c>-</c>.</param>
/// <param name="Kind">The sink's kind.</param>
/// <param name="NewSink">Makes the sink, which the lane disposes; once at each opening of the lanes.</param>
public sealed record LaneSpec(string Name, string Kind, Func<ISink> NewSink)
{
    /// <summary>Opens the lanes of all sinks, or none.</summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">A cursor cannot be opened; those that were are closed again.</exception>
    internal static Lane[] OpenAll(IReadOnlyList<LaneSpec> sinks, Func<LaneSpec, Lane> open)
    {
        var opened = new List<Lane>(sinks.Count);
        try
        {
            foreach (var sink in sinks)
            {
                opened.Add(open(sink));
            }
            return [.. opened];
        }
        catch
        {
            // Their cursors would be in the way of the next try.
            opened.ForEach(lane => lane.Discard());
            throw;
        }
    }
}
