namespace Ingest.Wal.Storage;

/// <summary>
/// The directory that holds a log: the seam between the log and the disk. <see cref="WalDirectory"/> is the real one; tests use a
/// simulated disk that keeps written and flushed bytes apart.
/// </summary>
/// <remarks>Every failure is a <see cref="StorageException"/>. Names are plain file names, or <c>folder/name</c> one level down.</remarks>
public interface IWalDirectory : IDisposable
{
    /// <summary>Where it is, for messages.</summary>
    string Path { get; }

    /// <summary>
    /// False once another process may be working under the same path: the directory was moved or replaced, or its lock can be taken again.
    /// </summary>
    bool IsInPlace => true;

    /// <summary>Bytes the file system has left for this user.</summary>
    long FreeBytes { get; }

    /// <summary>Names of the files in <paramref name="folder"/> (empty: the directory itself), in no order; folders are left out.</summary>
    IReadOnlyList<string> List(string folder = "");

    /// <summary>Creates <paramref name="folder"/> when missing and makes its entry durable in either case.</summary>
    void CreateFolder(string folder);

    /// <summary>Creates a new, empty file; fails when it exists. Its entry is durable after <see cref="Sync"/>.</summary>
    IWalFile Create(string name);

    /// <summary>Opens an existing file.</summary>
    IWalFile Open(string name, bool writable);

    /// <summary>Renames atomically, replacing <paramref name="to"/>. Durable after <see cref="Sync"/>.</summary>
    void Rename(string from, string to);

    /// <summary>Deletes a file. Durable after <see cref="Sync"/>.</summary>
    void Delete(string name);

    /// <summary>Makes creations, renames and deletions in <paramref name="folder"/> durable (fsync of the directory).</summary>
    void Sync(string folder = "");
}
