using System.Globalization;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using LiteDB;
using LiteDB.Engine;

namespace Ingest.LiteDb;

/// <summary>The projection of the dead letters in LiteDB.</summary>
/// <remarks>
/// <para>Collections: <c>letters</c> (<c>_id</c> key, <c>g</c> group and key, <c>b</c> bytes), <c>groups</c> (<c>_id</c> number, lane,
/// stream, reason, requeued, count, bytes), <c>meta</c> (log, position). A letter's key is its number as 16 hexadecimal digits, a slash
/// and its lane, so the order of the texts is that of the keys; <c>g</c> is the group's number as 8 digits before it. That one index
/// serves questions by lane, stream and state: each is a range for every group that matches.</para>
/// <para>LiteDB is used by one thread at a time under a lock, does not flush its commits, and checks no sums. Each document has one of its
/// own (<c>s</c>), a group is read as a whole and compared with its count, and the caller compares what it gets with the ledger.</para>
/// </remarks>
internal sealed class LiteDbProjection : IDeadLetterProjection
{
    private const int LayoutVersion = 1;

    // Letters of the groups that are read for one page, at most. With more, or where more than one letter in so many matches, a walk in
    // memory is quicker.
    private const int ReadsMax = 2000;
    private const int DenseFactor = 50;

    private readonly Lock _lock = new();
    private readonly FileStream _data;
    private readonly FileStream _journal;
    private readonly LiteDatabase _database;
    private readonly ILiteCollection<BsonDocument> _letters;
    private readonly ILiteCollection<BsonDocument> _groupDocuments;
    private readonly ILiteCollection<BsonDocument> _meta;
    private readonly LetterGroups _groups = new();
    private readonly string _log;
    private readonly long _bytesMax;
    private long _position;

    /// <summary>Opens the database in two files, which are its own from here on, or makes it there.</summary>
    internal LiteDbProjection(FileStream data, FileStream journal, Guid log, long bytesMax)
    {
        (_data, _journal, _log, _bytesMax) = (data, journal, log.ToString("N", CultureInfo.InvariantCulture), bytesMax);
        // Binary: any other collation would put keys in another order, and take streams that differ in case for one.
        _database = new LiteDatabase(new LiteEngine(new EngineSettings
        {
            DataStream = data,
            LogStream = journal,
            Collation = Collation.Binary,
        }));
        _letters = _database.GetCollection("letters");
        _groupDocuments = _database.GetCollection("groups");
        _meta = _database.GetCollection("meta");
        Begin();
    }

    public long Position => Volatile.Read(ref _position);

    public long Count
    {
        get
        {
            lock (_lock)
            {
                return _groups.Count;
            }
        }
    }

    public long Bytes => _data.Length + _journal.Length;

    public void Write(IReadOnlyList<DeadLetterEdit> edits, long position)
    {
        lock (_lock)
        {
            if (Bytes > _bytesMax)
            {
                throw new IOException($"its files have {Bytes} bytes, and {_bytesMax} are allowed (Operations:StoreBytesMax)");
            }
            _database.BeginTrans();
            foreach (var edit in edits)
            {
                Apply(edit);
            }
            foreach (var group in _groups.TakeChanged())
            {
                _groupDocuments.Upsert(Seal.Sealed(group.ToDocument()));
            }
            Note(position);
            _database.Commit();
            Volatile.Write(ref _position, position);
        }
    }

    public IReadOnlyList<DeadLetterKey>? Keys(DeadLetterFilter filter, DeadLetterKey? after, int limit)
    {
        lock (_lock)
        {
            var groups = _groups.Matching(filter);
            if (groups.Sum(group => group.Count) is var count && (count > ReadsMax || count * DenseFactor > _groups.Count))
            {
                return null;
            }
            var keys = groups.SelectMany(Read).ToList();
            keys.Sort(StringComparer.Ordinal);
            var first = after is { } key ? keys.BinarySearch(Id(key), StringComparer.Ordinal) : ~0;
            return [.. keys.Skip(first < 0 ? ~first : first + 1).Take(limit).Select(ToKey)];
        }
    }

    public IReadOnlyList<DeadLetterGroup> Groups()
    {
        lock (_lock)
        {
            return _groups.ToList();
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            try
            {
                _database.Dispose();
            }
            finally
            {
                _data.Dispose();
                _journal.Dispose();
            }
        }
    }

    private static string Id(DeadLetterKey key) => key.Sequence.ToString("x16", CultureInfo.InvariantCulture) + "/" + key.Lane;

    private static DeadLetterKey ToKey(string id) =>
        new(long.Parse(id.AsSpan(0, 16), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), id[17..]);

    private void Begin()
    {
        if (_meta.FindById(1) is not { } meta)
        {
            if (_letters.Count() > 0)
            {
                throw new InvalidDataException("it does not say which log it is of");
            }
            _letters.EnsureIndex("g", "$.g");
            Note(0);
            return;
        }
        if (Seal.Checked(meta)["layout"].AsInt32 != LayoutVersion || meta["log"].AsString != _log)
        {
            throw new InvalidDataException("it is of another log, or of another version");
        }
        _position = meta["position"].AsInt64;
        foreach (var document in _groupDocuments.FindAll())
        {
            _groups.Add(LetterGroup.Read(Seal.Checked(document)));
        }
        if (_letters.LongCount() is var count && count != _groups.Count)
        {
            throw new InvalidDataException($"it has {count} letters and counts {_groups.Count}");
        }
    }

    private void Note(long position) => _meta.Upsert(Seal.Sealed(new BsonDocument
    {
        ["_id"] = 1,
        ["layout"] = LayoutVersion,
        ["log"] = _log,
        ["position"] = position,
    }));

    private void Apply(DeadLetterEdit edit)
    {
        var id = Id(edit.Key);
        var known = _letters.FindById(id);
        if (known is not null)
        {
            var prefix = Seal.Checked(known)["g"].AsString.AsSpan(0, LetterGroup.PrefixLength);
            _groups.Remove(int.Parse(prefix, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture), known["b"].AsInt32);
        }
        if (edit.Letter is not { } letter)
        {
            if (known is not null)
            {
                _letters.Delete(id);
            }
            return;
        }
        var group = _groups.Put(letter);
        var document = Seal.Sealed(new BsonDocument { ["_id"] = id, ["g"] = group.Prefix + id, ["b"] = letter.Bytes });
        if (known is null)
        {
            _letters.Insert(document);
        }
        else
        {
            _letters.Update(document);
        }
    }

    // Whole groups are read, so that their counts show an index that lost its way.
    private HashSet<string> Read(LetterGroup group)
    {
        var found = new HashSet<string>(StringComparer.Ordinal);
        // Nothing stands behind a key but another character of its own: the tilde is behind all hexadecimal digits.
        foreach (var document in _letters.Find(Query.Between("g", group.Prefix, group.Prefix + "~"), 0, ReadsMax + 1))
        {
            var text = Seal.Checked(document)["g"].AsString;
            if (text.StartsWith(group.Prefix, StringComparison.Ordinal))
            {
                found.Add(text[LetterGroup.PrefixLength..]);
            }
        }
        return found.Count == group.Count
            ? found
            : throw new InvalidDataException($"a group of {group.Count} letters gave {found.Count}");
    }
}
