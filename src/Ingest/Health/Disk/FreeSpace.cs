namespace Ingest.Health.Disk;

/// <summary>What a file system has left.</summary>
internal static class FreeSpace
{
    /// <summary>Bytes this user may still write below a directory, and the file system's size; nulls when that cannot be told.</summary>
    internal static (long? Free, long? Total) Read(string directory)
    {
        if (directory.Length == 0)
        {
            return (null, null);
        }
        try
        {
            var drive = new DriveInfo(Path.GetFullPath(directory));
            return (drive.AvailableFreeSpace, drive.TotalSize);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            // A directory that vanished is the log's affair; here it only means that nothing is known.
            return (null, null);
        }
    }
}
