using System.Security.Cryptography;
using Ingest.Testing;

namespace Ingest.Fuzz.Engine;

/// <summary>The inputs of a target that are kept in the tree, a file each, named by their content.</summary>
public static class Corpus
{
    /// <summary>Where they are.</summary>
    public static string Root { get; } = Path.Combine(SourceTree.Root, "tests", "Ingest.Fuzz", "corpus");

    /// <summary>The inputs in a folder, the same order each time; none where there is no such folder.</summary>
    public static IReadOnlyList<byte[]> Read(string folder) => Directory.Exists(folder)
        ? [.. Directory.GetFiles(folder).Order(StringComparer.Ordinal).Select(File.ReadAllBytes)]
        : [];

    /// <summary>The kept inputs of a target.</summary>
    public static IReadOnlyList<byte[]> Read(FuzzTarget target) => Read(Path.Combine(Root, target.Name));

    /// <summary>Keeps an input in a folder.</summary>
    internal static string Write(string folder, byte[] input)
    {
        Directory.CreateDirectory(folder);
        var path = Path.Combine(folder, NameOf(input));
        File.WriteAllBytes(path, input);
        return path;
    }

    /// <summary>Keeps these inputs in a folder and no others.</summary>
    internal static void Replace(string folder, IReadOnlyList<byte[]> inputs)
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
        foreach (var input in inputs)
        {
            Write(folder, input);
        }
    }

    private static string NameOf(byte[] input) => Convert.ToHexStringLower(SHA256.HashData(input).AsSpan(0, 6));
}
