using Ingest.Wal.Storage;

namespace Ingest;

/// <summary>Small files that are replaced whole: written aside, flushed, renamed, the folder flushed.</summary>
internal static class AtomicFile
{
    private const int BytesMax = 64 * 1024;

    /// <summary>Replaces <paramref name="name"/> durably.</summary>
    /// <exception cref="StorageException">It could not be stored; the old content is still there.</exception>
    internal static void Write(IWalDirectory directory, string folder, string name, ReadOnlySpan<byte> content)
    {
        var path = In(folder, name);
        var aside = path + ".tmp";
        TryDelete(directory, aside);
        using (var file = directory.Create(aside))
        {
            file.Write(content, 0);
            file.Flush();
        }
        directory.Rename(aside, path);
        directory.Sync(folder);
    }

    /// <summary>The content, or empty when there is none.</summary>
    internal static byte[] Read(IWalDirectory directory, string folder, string name)
    {
        try
        {
            using var file = directory.Open(In(folder, name), writable: false);
            var bytes = new byte[Math.Min(file.Length, BytesMax)];
            return bytes[..file.Read(bytes, 0)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return [];
        }
    }

    internal static string In(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    private static void TryDelete(IWalDirectory directory, string path)
    {
        try
        {
            directory.Delete(path);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            // The usual case: nothing was left by an earlier attempt.
        }
    }
}
