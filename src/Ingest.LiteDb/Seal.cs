using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using LiteDB;

namespace Ingest.LiteDb;

/// <summary>A checksum in each document, since LiteDB keeps none: a changed byte shows where the document is read.</summary>
internal static class Seal
{
    private const string Field = "s";

    /// <summary>Adds the checksum of all other fields.</summary>
    internal static BsonDocument Sealed(BsonDocument document)
    {
        document[Field] = Sum(document);
        return document;
    }

    /// <summary>Returns the document.</summary>
    /// <exception cref="InvalidDataException">It is not as it was written.</exception>
    internal static BsonDocument Checked(BsonDocument document) =>
        document[Field] is { IsInt64: true } sum && sum.AsInt64 == Sum(document)
            ? document
            : throw new InvalidDataException("a document is not as it was written");

    // The order of the fields is that of their names: that of the document is not promised.
    private static long Sum(BsonDocument document)
    {
        var text = new StringBuilder();
        foreach (var (name, value) in document.Where(pair => pair.Key != Field).OrderBy(pair => pair.Key, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"{name}={(int)value.Type}:{value.RawValue}\n");
        }
        return BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())));
    }
}
