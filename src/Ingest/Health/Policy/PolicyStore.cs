using Ingest.Wal.Storage;

namespace Ingest.Health.Policy;

/// <summary>Reads the file whole, and replaces it so that after a crash it is either the old or the new one.</summary>
internal static class PolicyStore
{
    /// <summary>The file's bytes, or null when there is none.</summary>
    /// <exception cref="IOException">It cannot be read or is too large.</exception>
    internal static byte[]? Read(string path) => BoundedFile.TryRead(path, PolicyDocument.BytesMax);

    /// <summary>Replaces the file durably. Of a link, the file it leads to is replaced.</summary>
    /// <exception cref="IOException">Any of that failed; the old file is still in place, or both are the same by then.</exception>
    internal static void Write(string path, ReadOnlySpan<byte> content) => AtomicFile.Write(Target(path), content);

    // A link stays one: its maker looks at what is behind it. One that leads nowhere yet is filled there.
    private static string Target(string path)
    {
        var full = Path.GetFullPath(path);
        // FileInfo also sees a link that leads nowhere; a path where nothing is has no target.
        return new FileInfo(full).LinkTarget is null ? full : File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
    }
}
