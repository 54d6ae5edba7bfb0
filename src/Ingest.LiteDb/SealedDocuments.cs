using System.IO.Hashing;
using LiteDB;

namespace Ingest.LiteDb;

/// <summary>
/// Documents of bytes by number, each with a checksum over number and bytes, since LiteDB keeps none: a document that is not as it was
/// written, or is another one, shows where it is read. One thread at a time.
/// </summary>
internal sealed class SealedDocuments(ILiteCollection<BsonDocument> documents)
{
    private const string Content = "d";
    private const string Seal = "s";

    /// <summary>Writes a document, in the place of the one with this number, and returns its checksum.</summary>
    internal ulong Write(int id, byte[] content)
    {
        var sum = SumOf(id, content);
        documents.Upsert(new BsonDocument { ["_id"] = id, [Content] = content, [Seal] = unchecked((long)sum) });
        return sum;
    }

    internal void Delete(int id) => documents.Delete(id);

    /// <summary>Reads a document; null where there is none.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    internal (byte[] Content, ulong Sum)? Find(int id) =>
        documents.FindById(id) is { } document && Open(document) is var read ? (read.Content, read.Sum) : null;

    /// <summary>Reads all documents.</summary>
    /// <exception cref="InvalidDataException">One is not as it was written.</exception>
    internal IEnumerable<(int Id, byte[] Content, ulong Sum)> All() => documents.FindAll().Select(Open);

    private static (int Id, byte[] Content, ulong Sum) Open(BsonDocument document)
    {
        var (id, content, seal) = (document["_id"], document[Content], document[Seal]);
        if (!id.IsInt32 || !content.IsBinary || !seal.IsInt64
            || SumOf(id.AsInt32, content.AsBinary) is var sum && sum != unchecked((ulong)seal.AsInt64))
        {
            throw new InvalidDataException("a document is not as it was written");
        }
        return (id.AsInt32, content.AsBinary, sum);
    }

    private static ulong SumOf(int id, byte[] content) => XxHash3.HashToUInt64(content, id);
}
