using System.Text;
using Ingest.Events;
using Ingest.Simulation.Model;
using Ingest.Testing;
using Ingest.Wal;
using Ingest.Wal.Storage;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Publishing;

/// <summary>A real log in a directory of its own, and a short way to put events into it.</summary>
internal sealed class TestLog : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly WalOptions _options;
    private readonly HashSet<WriteAheadLog> _closed = [];
    private readonly Func<IWalDirectory, IWalDirectory> _around = directory => directory;

    internal TestLog(int segmentBytes = 1024 * 1024)
        : this(new WalOptions { SegmentBytes = segmentBytes, TailBytes = TailSizes.Tested }, _ => { })
    {
    }

    /// <summary>A log on a disk with faults.</summary>
    internal TestLog(Func<IWalDirectory, IWalDirectory> around, int segmentBytes)
    {
        (_options, _around) = (new WalOptions { SegmentBytes = segmentBytes, TailBytes = TailSizes.Tested }, around);
        Directory.CreateDirectory(WalPath);
        Log = Open();
    }

    private TestLog(WalOptions options, Action<string> fill)
    {
        _options = options;
        Directory.CreateDirectory(WalPath);
        fill(WalPath);
        Log = Open();
    }

    internal WriteAheadLog Log { get; private set; }

    internal string Path => _directory.Path;

    internal string WalPath => _directory["wal"];

    /// <summary>Where a lane's cursor is saved.</summary>
    internal string CursorFile(string lane) => System.IO.Path.Combine(WalPath, "cursors", $"{lane}.cursor");

    /// <summary>The acceptance time given to events.</summary>
    internal long NowUnixMs { get; set; } = new DateTimeOffset(2026, 11, 21, 0, 0, 0, TimeSpan.Zero).ToUnixTimeMilliseconds();

    internal long Append(string payload, string key = "", string stream = "default", string id = "",
        string contentType = "application/json", EventFormat format = EventFormat.Json, byte[]? attributes = null) =>
        AppendBody(batch => Write(batch, payload, key, stream, id, contentType, format, attributes));

    /// <summary>Appends <paramref name="count"/> events in one commit; keys go around <paramref name="keys"/>.</summary>
    internal void AppendMany(int count, int keys = 0, string stream = "default", int payloadBytes = 0) =>
        AppendKeyed(count, n => keys == 0 ? "" : $"k{n % keys}", stream, payloadBytes);

    /// <summary>Appends events in one commit, with the key that <paramref name="keyOf"/> gives each number.</summary>
    internal void AppendKeyed(int count, Func<long, string> keyOf, string stream = "default", int payloadBytes = 0)
    {
        var padding = payloadBytes == 0 ? "" : new string('x', payloadBytes);
        var first = Log.NextSequence;
        for (var done = 0; done < count;)
        {
            using var batch = RecordBatch.Rent();
            for (; done < count && batch.Bytes < 256 * 1024; done++)
            {
                var n = first + done;
                Write(batch, $"{{\"n\":{n},\"p\":\"{padding}\"}}", keyOf(n), stream, "", "application/json", EventFormat.Json, null);
            }
            Commit(batch);
        }
    }

    /// <summary>Appends a record that is no event.</summary>
    internal long AppendGarbage() => AppendBody(batch =>
    {
        batch.BeginRecord();
        "garbage"u8.CopyTo(batch.GetSpan(7));
        batch.Advance(7);
        batch.EndRecord();
    });

    /// <summary>Closes the log in order and opens it again, as a restart does: numbers go on without a jump.</summary>
    /// <param name="between">Done while it is closed.</param>
    internal void Reopen(Action? between = null)
    {
        Close();
        between?.Invoke();
        Log = Open();
    }

    /// <summary>A copy of the log as it stands now, opened in a directory of its own; this one goes on.</summary>
    internal TestLog Copy()
    {
        Close();
        var copy = new TestLog(_options, wal =>
        {
            foreach (var path in Directory.GetFiles(WalPath))
            {
                File.Copy(path, System.IO.Path.Combine(wal, System.IO.Path.GetFileName(path)));
            }
        });
        Log = Open();
        return copy;
    }

    /// <summary>Closes the log in order; once.</summary>
    internal void Close()
    {
        if (!_closed.Add(Log))
        {
            return;
        }
        Log.MarkClean();
        Log.Dispose();
    }

    public void Dispose()
    {
        Log.Dispose();
        _directory.Dispose();
    }

    private WriteAheadLog Open() => WriteAheadLog.Open(_around(WalDirectory.Open(WalPath)), _options);

    private long AppendBody(Action<RecordBatch> write)
    {
        using var batch = RecordBatch.Rent();
        write(batch);
        return Commit(batch);
    }

    private long Commit(RecordBatch batch)
    {
        Log.PrepareSegments();
        Assert.True(Log.TryAdd(batch, out var first));
        Assert.Equal(CommitOutcome.Committed, Log.Commit(NowUnixMs));
        return first;
    }

    private void Write(
        RecordBatch batch, string payload, string key, string stream, string id, string contentType, EventFormat format, byte[]? attributes)
    {
        batch.BeginRecord();
        EventEncoder.WriteHead(batch, format, NowUnixMs, Encoding.UTF8.GetBytes(stream), Encoding.UTF8.GetBytes(contentType),
            Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(id), attributes);
        var bytes = Encoding.UTF8.GetBytes(payload);
        bytes.CopyTo(batch.GetSpan(bytes.Length));
        batch.Advance(bytes.Length);
        batch.EndRecord();
    }
}
