using System.Globalization;
using LiteDB;

namespace Ingest.LiteDb;

/// <summary>Letters of one lane, stream, class of reasons and state, counted.</summary>
/// <param name="number">Its number, from 1; never given to another group.</param>
/// <param name="lane">The lane.</param>
/// <param name="stream">The stream.</param>
/// <param name="reason">The class of the reason.</param>
/// <param name="requeued">Whether they wait to be sent again.</param>
internal sealed class LetterGroup(int number, string lane, string stream, string reason, bool requeued)
{
    internal const int PrefixLength = 8;

    internal int Number => number;

    /// <summary>What the index entries of its letters begin with.</summary>
    internal string Prefix { get; } = number.ToString("x8", CultureInfo.InvariantCulture);

    internal string Lane => lane;

    internal string Stream => stream;

    internal string Reason => reason;

    internal bool Requeued => requeued;

    internal long Count { get; set; }

    internal long Bytes { get; set; }

    internal static LetterGroup Read(BsonDocument document) => new(
        document["_id"].AsInt32,
        document["lane"].AsString,
        document["stream"].AsString,
        document["reason"].AsString,
        document["requeued"].AsBoolean)
    {
        Count = document["count"].AsInt64,
        Bytes = document["bytes"].AsInt64,
    };

    internal BsonDocument ToDocument() => new()
    {
        ["_id"] = number,
        ["lane"] = lane,
        ["stream"] = stream,
        ["reason"] = reason,
        ["requeued"] = requeued,
        ["count"] = Count,
        ["bytes"] = Bytes,
    };
}
