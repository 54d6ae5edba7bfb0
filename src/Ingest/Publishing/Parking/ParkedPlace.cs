using Ingest.Wal.Storage;

namespace Ingest.Publishing.Parking;

/// <summary>Where a lane's parked log lies, or all of a node's.</summary>
/// <param name="Path">Its directory, absolute.</param>
/// <param name="LogId">Identity of the log the events come from.</param>
/// <param name="SegmentBytes">Bytes of a segment file: the largest event with its record must fit. A multiple of 4,096.</param>
public sealed record ParkedPlace(string Path, Guid LogId, int SegmentBytes)
{
    /// <summary>The disk it lies on.</summary>
    internal ILogPlaces Disk { get; init; } = FileSystemPlaces.Instance;

    /// <summary>Whether anything was ever parked here.</summary>
    internal bool Exists => Disk.Exists(Path);

    /// <summary>A lane's place below a node's.</summary>
    internal ParkedPlace Of(string lane) => this with { Path = System.IO.Path.Combine(Path, lane) };

    /// <summary>Deletes what was parked here: its lane is given up, and it with it.</summary>
    /// <exception cref="StorageException">It could not be deleted.</exception>
    internal void Delete()
    {
        try
        {
            Disk.Delete(Path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var told = $"the lane is forgotten, but {Path} could not be deleted: {e.Message}";
            throw new StorageException(StorageFailure.Failed, told, inner: e);
        }
    }
}
