namespace Ingest.Wal.Storage;

/// <summary>
/// Replaces files whole, so that a crash leaves either the old or the new content: written aside, flushed, renamed, the folder
/// flushed. What an earlier attempt left aside is removed.
/// </summary>
public static class AtomicFile
{
    /// <summary>Added to a file's path for the one that is written aside.</summary>
    internal const string AsideSuffix = ".tmp";

    private const int BytesMax = 64 * 1024;

    /// <summary>Replaces a file durably.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="path">Its name, or <c>folder/name</c>.</param>
    /// <param name="content">All that it holds then.</param>
    /// <exception cref="StorageException">It could not be stored; the old content is still there, or both are the same by then.</exception>
    public static void Write(IWalDirectory directory, string path, ReadOnlySpan<byte> content)
    {
        Rename(directory, path, content);
        directory.Sync(FolderOf(path));
    }

    /// <summary>Replaces an ordinary file durably. It keeps its permissions; a new one can be read by everyone.</summary>
    /// <param name="path">Where it is, absolute. A link there is replaced, not what it leads to.</param>
    /// <param name="content">All that it holds then.</param>
    /// <exception cref="StorageException">It could not be stored; the old content is still there, or both are the same by then.</exception>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        const UnixFileMode ReadByAll =
            UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
        using var directory = UnixDirectory.Unlocked(Path.GetDirectoryName(path)!);
        var name = Path.GetFileName(path);
        using (var aside = CreateAside(directory, name + AsideSuffix))
        {
            aside.Write(content, 0);
            if (!OperatingSystem.IsWindows())
            {
                ((UnixFile)aside).SetMode(File.Exists(path) ? File.GetUnixFileMode(path) : ReadByAll);
            }
            aside.Flush();
        }
        directory.Rename(name + AsideSuffix, name);
        directory.Sync();
    }

    /// <summary>Replaces a file durably by one that is written bit by bit.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="path">Its name, or <c>folder/name</c>.</param>
    /// <param name="fill">Writes all that it holds then.</param>
    /// <exception cref="StorageException">It could not be stored; the old content is still there, or both are the same by then.</exception>
    public static void Write(IWalDirectory directory, string path, Action<IWalFile> fill) =>
        Write(directory, path, path + AsideSuffix, fill);

    /// <summary>The content, or empty when there is no such file. Of a file above 64 KiB, its beginning.</summary>
    /// <param name="directory">The directory it is in.</param>
    /// <param name="path">Its name, or <c>folder/name</c>.</param>
    /// <exception cref="StorageException">It could not be read.</exception>
    public static byte[] Read(IWalDirectory directory, string path)
    {
        try
        {
            using var file = directory.Open(path, writable: false);
            var bytes = new byte[Math.Min(file.Length, BytesMax)];
            return bytes[..file.Read(bytes, 0)];
        }
        catch (StorageException e) when (e.Kind == StorageFailure.NotFound)
        {
            return [];
        }
    }

    /// <summary>The path of a file in a folder of a directory; the name alone where the folder is empty.</summary>
    public static string In(string folder, string name) => folder.Length == 0 ? name : $"{folder}/{name}";

    /// <summary>Replaces a file. It is durable once the caller has flushed its folder.</summary>
    internal static void Rename(IWalDirectory directory, string path, ReadOnlySpan<byte> content)
    {
        var aside = path + AsideSuffix;
        using (var file = CreateAside(directory, aside))
        {
            file.Write(content, 0);
            file.Flush();
        }
        directory.Rename(aside, path);
    }

    /// <summary>Replaces a file durably by one that <paramref name="fill"/> writes.</summary>
    internal static void Write(IWalDirectory directory, string path, string aside, Action<IWalFile> fill)
    {
        using (var file = CreateAside(directory, aside))
        {
            try
            {
                fill(file);
                file.Flush();
            }
            catch
            {
                TryDelete(directory, aside);
                throw;
            }
        }
        directory.Rename(aside, path);
        directory.Sync(FolderOf(path));
    }

    // Half a file would take what room a full disk has left.
    private static void TryDelete(IWalDirectory directory, string aside)
    {
        try
        {
            directory.Delete(aside);
        }
        catch (StorageException)
        {
            // The next attempt removes it.
        }
    }

    private static IWalFile CreateAside(IWalDirectory directory, string aside)
    {
        try
        {
            return directory.Create(aside);
        }
        catch (StorageException e) when (e.ErrorNumber == Errno.Exists)
        {
            directory.Delete(aside);
            return directory.Create(aside);
        }
    }

    private static string FolderOf(string path) => Path.GetDirectoryName(path) ?? "";
}
