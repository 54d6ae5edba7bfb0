using Ingest.DeadLetters.Index;

namespace Ingest.LiteDb;

/// <summary>Makes indexes of kind <c>litedb</c>.</summary>
public sealed class LiteDbIndexFactory : IDeadLetterIndexFactory
{
    private const string FileName = "index.litedb";

    /// <inheritdoc/>
    public string Kind => "litedb";

    /// <summary>Makes an empty index in a file beside the log. What an earlier run left goes: it is filled anew from the log.</summary>
    public IDeadLetterIndex Create(string directory)
    {
        var path = Path.Combine(directory, FileName);
        foreach (var left in Directory.EnumerateFiles(directory, Path.GetFileNameWithoutExtension(FileName) + "*.litedb"))
        {
            File.Delete(left);
        }
        return new LiteDbIndex(path);
    }
}
