using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using LiteDB;
using LiteDB.Engine;

namespace Ingest.LiteDb;

/// <summary>The projection of the dead letters in LiteDB.</summary>
/// <remarks>
/// <para>Three collections of <see cref="SealedDocuments"/>: <c>blocks</c> of letters (<see cref="LetterBlocks"/>), <c>groups</c>, the
/// names the letters of blocks refer to (<see cref="LetterGroups"/>), and <c>mark</c>, one <see cref="ProjectionMark"/>. A document a
/// letter, with an index for each question, took more room than the letters themselves and a hundred times as long.</para>
/// <para>LiteDB is used by one thread at a time under a lock. A question that finds it taken is not answered rather than kept waiting.
/// LiteDB flushes no commit and keeps no checksums: what was damaged, or is from before or after a loss of power, is found when it is
/// opened, by the sum of all checksums, or when a block is read.</para>
/// </remarks>
internal sealed class LiteDbProjection : IDeadLetterProjection
{
    private const int MarkId = 1;

    // Pages in the journal at which LiteDB moves them to the data file: 2 MiB, for files that rarely have more.
    private const int CheckpointPages = 256;

    // Letters of which it is not certain that they match, at most: each costs a look into the ledger.
    private const int UnsureMax = 2000;

    private readonly Lock _lock = new();
    private readonly FileStream _data;
    private readonly FileStream _journal;
    private readonly LiteDatabase _database;
    private readonly SealedDocuments _groupDocuments;
    private readonly SealedDocuments _marks;
    private readonly LetterGroups _groups = new();
    private readonly LetterBlocks _blocks;
    private readonly Dictionary<int, ulong> _groupSums = [];
    private readonly Guid _log;
    private readonly long _bytesMax;
    private long _position;
    private long _count;
    private long _letterBytes;

    /// <summary>Opens the database in two files, which are its own from here on, or makes it there.</summary>
    internal LiteDbProjection(FileStream data, FileStream journal, Guid log, long bytesMax)
    {
        (_data, _journal, _log, _bytesMax) = (data, journal, log, bytesMax);
        _database = new LiteDatabase(new LiteEngine(new EngineSettings { DataStream = data, LogStream = journal }))
        {
            CheckpointSize = CheckpointPages,
        };
        _groupDocuments = new SealedDocuments(_database.GetCollection("groups"));
        _marks = new SealedDocuments(_database.GetCollection("mark"));
        _blocks = new LetterBlocks(new SealedDocuments(_database.GetCollection("blocks")), _groups);
        Load();
    }

    public long Position => Volatile.Read(ref _position);

    public (long Letters, long Bytes) Totals => (Volatile.Read(ref _count), Volatile.Read(ref _letterBytes));

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
            _blocks.Apply(edits);
            WriteGroups();
            _marks.Write(MarkId, new ProjectionMark(_log, position, Root).Encode());
            _database.Commit();
            SetTotals();
            Volatile.Write(ref _position, position);
        }
    }

    public IReadOnlyList<DeadLetterKey>? Keys(DeadLetterFilter filter, DeadLetterKey? after, int limit) =>
        Ask(() => Find(new LetterQuestion(filter, _groups.All), after, limit));

    public IReadOnlyList<DeadLetterGroup>? Groups(DeadLetterFilter filter) =>
        filter.EventKey is null ? Ask(() => Sum(new LetterQuestion(filter, _groups.All))) : null;

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

    private ulong Root => _groupSums.Values.Aggregate(_blocks.Root, (root, sum) => unchecked(root + sum));

    private void Load()
    {
        var mark = _marks.Find(MarkId);
        foreach (var (number, content, sum) in _groupDocuments.All())
        {
            _groups.Add(number, LetterGroup.Decode(content));
            _groupSums.Add(number, sum);
        }
        _blocks.Load();
        _groups.EndWrite();
        var expected = mark is { } found ? ProjectionMark.Decode(found.Content) : new ProjectionMark(_log, 0, 0);
        if (expected.Log != _log)
        {
            throw new InvalidDataException("it is of another log");
        }
        if (expected.Root != Root)
        {
            throw new InvalidDataException("its parts are not those that were written last");
        }
        SetTotals();
        _position = expected.Position;
    }

    private void SetTotals()
    {
        Volatile.Write(ref _count, _groups.All.Sum(group => group.Count));
        Volatile.Write(ref _letterBytes, _groups.All.Sum(group => group.Bytes));
    }

    // A name is written once; the sums are those of the blocks.
    private void WriteGroups()
    {
        var (made, gone) = _groups.EndWrite();
        foreach (var number in gone.Where(_groupSums.Remove))
        {
            _groupDocuments.Delete(number);
        }
        foreach (var group in made)
        {
            _groupSums.Add(group.Number, _groupDocuments.Write(group.Number, LetterGroup.Encode(group.Name)));
        }
    }

    private T? Ask<T>(Func<T?> question)
        where T : class
    {
        if (!_lock.TryEnter())
        {
            return null;
        }
        try
        {
            return question();
        }
        finally
        {
            _lock.Exit();
        }
    }

    private List<DeadLetterKey>? Find(LetterQuestion question, DeadLetterKey? after, int limit)
    {
        if (question.Unsure > UnsureMax)
        {
            return null;
        }
        var found = new List<DeadLetterKey>();
        for (var i = after is { } key ? _blocks.IndexBehind(key) : 0; i < _blocks.Heads.Count && found.Count < limit; i++)
        {
            if (question.MayMatch(_blocks.Heads[i]))
            {
                found.AddRange(_blocks.Read(_blocks.Heads[i]).Where(entry => question.MayMatch(entry))
                    .Select(entry => BlockHead.KeyOf(entry, _groups)).Where(match => !(match <= after)).Take(limit - found.Count));
            }
        }
        return found;
    }

    private List<DeadLetterGroup>? Sum(LetterQuestion question)
    {
        if (question.Unsure > 0 || _groups.All.Any(group => group.Name.Stream is null))
        {
            return null;
        }
        if (question.IsOfGroupsAlone)
        {
            return [.. _groups.All.Where(group => question.MayMatch(group.Number))
                .Select(group => ToGroup(group.Number, group.Count, group.Bytes))];
        }
        var sums = new Dictionary<int, (long Count, long Bytes)>();
        foreach (var share in _blocks.Heads.Where(question.MayMatch).SelectMany(head => SharesOf(head, question)))
        {
            var (count, bytes) = sums.GetValueOrDefault(share.Group);
            sums[share.Group] = (count + share.Count, bytes + share.Bytes);
        }
        return [.. sums.Select(sum => ToGroup(sum.Key, sum.Value.Count, sum.Value.Bytes))];
    }

    private IEnumerable<GroupShare> SharesOf(BlockHead head, LetterQuestion question) => question.MatchesAllOfGroups(head)
        ? head.Shares.Where(share => question.MayMatch(share.Group))
        : _blocks.Read(head).Where(entry => question.MayMatch(entry)).Select(entry => new GroupShare(entry.Group, 1, entry.Bytes));

    private DeadLetterGroup ToGroup(int number, long count, long bytes)
    {
        var name = _groups[number].Name;
        return new DeadLetterGroup(name.Lane, name.Stream, name.ReasonClass, name.IsRequeued, count, bytes);
    }
}
