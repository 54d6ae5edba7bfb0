using System.Globalization;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Index;
using LiteDB;

namespace Ingest.LiteDb;

/// <summary>
/// The index in a LiteDB file: memory does not grow with the letters. It is not durable, as LiteDB does not flush its commits, and need not
/// be: it is filled from the dead letters' log at each start.
/// </summary>
internal sealed class LiteDbIndex : IDeadLetterIndex
{
    private readonly LiteDatabase _database;
    private readonly ILiteCollection<BsonDocument> _letters;

    internal LiteDbIndex(string path)
    {
        // Keys are compared byte by byte: any other collation would put letters out of the order of their sequence numbers.
        _database = new LiteDatabase(new ConnectionString
        {
            Filename = path,
            Connection = ConnectionType.Direct,
            Collation = Collation.Binary,
        });
        _letters = _database.GetCollection("letters");
        _letters.EnsureIndex("lane", "$.lane");
        _letters.EnsureIndex("stream", "$.stream");
        _letters.EnsureIndex("last", "$.last");
    }

    public DeadLetter? Put(DeadLetter letter)
    {
        var replaced = Find(letter.Key);
        _letters.Upsert(ToDocument(letter));
        return replaced;
    }

    public DeadLetter? Remove(DeadLetterKey key)
    {
        var found = Find(key);
        if (found is not null)
        {
            _letters.Delete(Id(key));
        }
        return found;
    }

    public DeadLetter? Find(DeadLetterKey key) => _letters.FindById(Id(key)) is { } document ? ToLetter(document) : null;

    public IReadOnlyList<DeadLetter> Query(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        var query = _letters.Query();
        if (after is { } key)
        {
            query = query.Where("$._id > @0", Id(key));
        }
        if (filter.Lane is { } lane)
        {
            query = query.Where("$.lane = @0", lane);
        }
        if (filter.Stream is { } stream)
        {
            query = query.Where("$.stream = @0", stream);
        }
        if (filter.SinceUnixMs is { } since)
        {
            query = query.Where("$.last >= @0", since);
        }
        if (filter.UntilUnixMs is { } until)
        {
            query = query.Where("$.last < @0", until);
        }
        // What an expression cannot say as exactly, the filter itself says.
        return [.. query.OrderBy("$._id").ToEnumerable().Select(ToLetter).Where(filter.Matches).Take(limit)];
    }

    public void Dispose() => _database.Dispose();

    // Nineteen digits hold every sequence number, so the order of the texts is that of the numbers.
    private static string Id(DeadLetterKey key) => key.Sequence.ToString("D19", CultureInfo.InvariantCulture) + "/" + key.Lane;

    private static BsonDocument ToDocument(DeadLetter letter) => new()
    {
        ["_id"] = Id(letter.Key),
        ["lane"] = letter.Key.Lane,
        ["sequence"] = letter.Key.Sequence,
        ["stream"] = letter.Stream,
        ["reason"] = letter.Reason,
        ["attempts"] = letter.Attempts,
        ["first"] = letter.FirstUnixMs,
        ["last"] = letter.LastUnixMs,
        ["accepted"] = letter.AcceptedUnixMs,
        ["bytes"] = letter.Bytes,
        ["position"] = letter.Position,
        ["counted"] = letter.IsCounted,
        ["ticket"] = letter.Ticket,
    };

    private static DeadLetter ToLetter(BsonDocument document) => new()
    {
        Key = new DeadLetterKey(document["sequence"].AsInt64, document["lane"].AsString),
        Stream = document["stream"].AsString,
        Reason = document["reason"].AsString,
        Attempts = document["attempts"].AsInt32,
        FirstUnixMs = document["first"].AsInt64,
        LastUnixMs = document["last"].AsInt64,
        AcceptedUnixMs = document["accepted"].AsInt64,
        Bytes = document["bytes"].AsInt32,
        Position = document["position"].AsInt64,
        IsCounted = document["counted"].AsBoolean,
        Ticket = document["ticket"].AsInt64,
    };
}
