namespace Ingest.Fuzz;

/// <summary>A reader of bytes that come from outside, with an oracle for what it makes of them.</summary>
public abstract class FuzzTarget
{
    /// <summary>Most bytes of an input.</summary>
    internal const int InputBytesMax = 4096;

    /// <summary>The name, as in <c>TARGET=</c> and as the corpus's folder.</summary>
    public abstract string Name { get; }

    /// <summary>Inputs that are right, to begin with.</summary>
    internal abstract IEnumerable<byte[]> Seeds { get; }

    /// <summary>What mutations put in beside single bytes.</summary>
    internal virtual IReadOnlyList<byte[]> Words => [];

    /// <summary>Most bytes the target may allocate for one input.</summary>
    internal virtual long AllocatedBytesMax => 16 * 1024 * 1024;

    /// <summary>Reads an input. Whatever it throws is a finding: the target catches what it declares.</summary>
    public abstract void Run(byte[] input);

    /// <summary>Words from text.</summary>
    internal static IReadOnlyList<byte[]> WordsOf(params string[] words) => [.. words.Select(System.Text.Encoding.UTF8.GetBytes)];

    /// <summary>An input of a selector and a text.</summary>
    internal static byte[] Seed(byte selector, string text) => [selector, .. System.Text.Encoding.UTF8.GetBytes(text)];
}
