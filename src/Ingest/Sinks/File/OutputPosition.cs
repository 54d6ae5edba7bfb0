using System.Text.Json.Serialization;
using Ingest.Wal.Storage;

namespace Ingest.Sinks.Files;

/// <summary>
/// How far a stream's output had got when it was last noted, in <c>.position</c> beside the files. What was written since is found by
/// scanning the file behind <see cref="Offset"/>.
/// </summary>
internal sealed record OutputPosition
{
    internal const string FileName = ".position";

    /// <summary>The log the sequence numbers belong to.</summary>
    public Guid Log { get; init; }

    /// <summary>Everything of the stream up to here is in its files, or was.</summary>
    public long Held { get; init; }

    /// <summary>Goes into the names of new files; counts up when events come once more.</summary>
    public int Generation { get; init; }

    /// <summary>The last rewind that is reflected in <see cref="Held"/>.</summary>
    public int Rewinds { get; init; }

    /// <summary>The current file; empty when the next event begins a new one.</summary>
    public string File { get; init; } = "";

    /// <summary>Everything before this byte of <see cref="File"/> is known to be whole.</summary>
    public long Offset { get; init; }

    /// <summary>When <see cref="File"/> was begun, Unix ms.</summary>
    public long BegunUnixMs { get; init; }
}

/// <summary>The last rewind of the sink, in <c>.rewound</c> of its directory: every stream takes it up when it is next used.</summary>
/// <param name="Log">The log the sequence number belongs to.</param>
/// <param name="Rewinds">How many rewinds there were.</param>
/// <param name="Next">The first event to come once more.</param>
internal sealed record OutputRewind(Guid Log, int Rewinds, long Next)
{
    internal const string FileName = ".rewound";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(OutputPosition))]
[JsonSerializable(typeof(OutputRewind))]
internal sealed partial class OutputJson : JsonSerializerContext;

/// <summary>Small JSON files that are replaced whole: written aside, flushed, renamed, the folder flushed.</summary>
internal static class Note
{
    private const int BytesMax = 64 * 1024;

    /// <summary>Replaces <paramref name="name"/> durably.</summary>
    /// <exception cref="StorageException">It could not be stored; the old content is still there.</exception>
    internal static void Write(IWalDirectory directory, string folder, string name, ReadOnlySpan<byte> json)
    {
        var path = In(folder, name);
        var aside = path + ".tmp";
        TryDelete(directory, aside);
        using (var file = directory.Create(aside))
        {
            file.Write(json, 0);
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
