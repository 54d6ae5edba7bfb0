using System.Text;

namespace Ingest.LiteDb;

/// <summary>What letters of one group have in common. What is null differs among them.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="IsRequeued">Whether they wait to be sent again or are on their way.</param>
/// <param name="Stream">The stream; null in the group of a lane that takes what is too various.</param>
/// <param name="ReasonClass">The class of the reason; null where the stream is.</param>
/// <param name="Reason">The whole reason; null where there are too many of them.</param>
internal readonly record struct LetterGroupName(string Lane, bool IsRequeued, string? Stream, string? ReasonClass, string? Reason);

/// <summary>A group with its number, which entries of blocks refer to, and its sums.</summary>
internal sealed class LetterGroup(int number, LetterGroupName name)
{
    internal int Number => number;

    internal LetterGroupName Name => name;

    internal long Count { get; set; }

    internal long Bytes { get; set; }

    /// <summary>The name as it is stored; the sums are those of the blocks.</summary>
    internal static byte[] Encode(in LetterGroupName name)
    {
        using var bytes = new MemoryStream();
        using var writer = new BinaryWriter(bytes, Encoding.UTF8);
        writer.Write(name.Lane);
        writer.Write(name.IsRequeued);
        foreach (var text in (string?[])[name.Stream, name.ReasonClass, name.Reason])
        {
            writer.Write(text is not null);
            writer.Write(text ?? "");
        }
        writer.Flush();
        return bytes.ToArray();
    }

    internal static LetterGroupName Decode(byte[] bytes)
    {
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        return new LetterGroupName(reader.ReadString(), reader.ReadBoolean(), Text(reader), Text(reader), Text(reader));
    }

    private static string? Text(BinaryReader reader)
    {
        var isThere = reader.ReadBoolean();
        var text = reader.ReadString();
        return isThere ? text : null;
    }
}
