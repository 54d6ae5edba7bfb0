using System.Text.Json;
using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Sinks.Files;

/// <summary>
/// Writes each stream's events as lines into files of its own, flushed before they count as delivered. Effectively once: it finds out
/// what it holds and passes over events it has.
/// </summary>
internal sealed class FileSink : ISink, IRewindable
{
    private readonly SinkSetup _setup;
    private readonly FileSinkOptions _options;
    private readonly Func<IWalDirectory> _openDirectory;
    private readonly ILogger _logger;
    private readonly WorkThread _thread;

    // Work thread only.
    private readonly Dictionary<string, OutputStream> _streams = new(StringComparer.Ordinal);
    private readonly StreamGroups _groups = new();
    private readonly LineEncoder _encoder = new();
    private readonly LineBuffer _lines = new();
    private OutputContext? _context;
    private long _batches;

    internal FileSink(SinkSetup setup, FileSinkOptions options, Func<IWalDirectory> openDirectory)
    {
        (_setup, _options, _openDirectory) = (setup, options, openDirectory);
        _logger = setup.Loggers.CreateLogger<FileSink>();
        _thread = new WorkThread($"sink {setup.Name}");
    }

    public SinkTraits Traits { get; } = new() { AcceptsOutOfOrder = false };

    public ValueTask<SinkVerdict> OpenAsync(CancellationToken cancel) => _thread.DoAsync(Open);

    public ValueTask<SinkResult> SendAsync(EventBatch batch, CancellationToken cancel) => _thread.DoAsync(() => Send(batch));

    public async ValueTask RewindAsync(long nextSequence, CancellationToken cancel) =>
        await _thread.DoAsync(() =>
        {
            Rewind(nextSequence);
            return true;
        });

    public async ValueTask DisposeAsync()
    {
        await _thread.DoAsync(() =>
        {
            CloseStreams();
            _context?.Directory.Dispose();
            _context = null;
            return true;
        });
        _thread.Dispose();
        _lines.Dispose();
    }

    private SinkVerdict Open()
    {
        try
        {
            CloseStreams();
            LeaveUnlessInPlace();
            _context ??= OpenContext();
            return SinkVerdict.Delivered;
        }
        catch (StorageException e)
        {
            return Verdict(e);
        }
    }

    private OutputContext OpenContext()
    {
        var directory = _openDirectory();
        try
        {
            var rewind = CheckedNote.Read(directory, "", OutputRewind.FileName, OutputJson.Default.OutputRewind);
            return new OutputContext
            {
                Directory = directory,
                LogId = _setup.LogId,
                EpochOf = _setup.EpochOf,
                LastOfEpoch = _setup.LastOfEpoch,
                Options = _options,
                Time = _setup.Time,
                Logger = _logger,
                Rewind = rewind is not null && rewind.Log == _setup.LogId ? rewind : new OutputRewind(_setup.LogId, 0, 0),
            };
        }
        catch (JsonException e)
        {
            directory.Dispose();
            throw new StorageException(
                StorageFailure.Denied,
                $"{directory.Path}/{OutputRewind.FileName} is unreadable; delete it, and if the lane was being rewound, rewind it once "
                + $"more: {e.Message}");
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    // Stream by stream, each in files of its own: one that fails stops no other, but for a full disk.
    private SinkResult Send(EventBatch batch)
    {
        if (!IsOpen(out var why))
        {
            return new SinkResult(why);
        }
        _batches++;
        _groups.Group(batch);
        var failures = new Failures(batch.Count);
        foreach (var group in _groups.All)
        {
            if (failures.IsOfSink)
            {
                failures.Add(group, failures.First with { Scope = VerdictScope.NotTried });
                continue;
            }
            try
            {
                Send(batch, group);
            }
            catch (StorageException e)
            {
                var verdict = Verdict(e);
                failures.IsOfSink = e.Kind == StorageFailure.Full;
                failures.Add(group, failures.IsOfSink ? verdict : verdict with { Scope = VerdictScope.Stream });
            }
        }
        return failures.Result;
    }

    // The directory may have been removed, moved, or unmounted and mounted again: then it is opened anew, made if need be, and each stream
    // goes on from the position that is found there.
    private bool IsOpen(out SinkVerdict why)
    {
        LeaveUnlessInPlace();
        why = SinkVerdict.Delivered;
        try
        {
            _context ??= OpenContext();
            return true;
        }
        catch (StorageException e)
        {
            why = Verdict(e);
            return false;
        }
    }

    private void LeaveUnlessInPlace()
    {
        if (_context is not { } context || context.Directory.IsInPlace)
        {
            return;
        }
        Log.DirectoryGone(_logger, context.Directory.Path);
        foreach (var stream in _streams.Values)
        {
            // Nothing is noted: what this process knows belongs to the directory that went away.
            stream.Dispose();
        }
        _streams.Clear();
        context.Directory.Dispose();
        _context = null;
    }

    private void Send(EventBatch batch, StreamGroup group)
    {
        if (!StreamName.IsValid(group.Stream))
        {
            throw new StorageException(StorageFailure.Denied, $"a stream's name is no folder's name: {group.Stream}");
        }
        var stream = StreamOf(group.Stream);
        stream.LastUse = _batches;
        long first = 0, last = 0;
        // The numbers of an epoch follow each other: mostly the first and the last one tell that all are of one.
        var isOfOneEpoch = _setup.EpochOf(batch.SequenceAt(group.Indexes[0])) == _setup.EpochOf(batch.SequenceAt(group.Indexes[^1]));
        _lines.Clear();
        foreach (var index in group.Indexes)
        {
            var stored = batch[index];
            if (stored.Sequence <= stream.Held)
            {
                continue;
            }
            if (!isOfOneEpoch && first != 0 && _setup.EpochOf(stored.Sequence) != _setup.EpochOf(last))
            {
                stream.Append(_lines.Written, first, last);
                _lines.Clear();
                first = 0;
            }
            first = first == 0 ? stored.Sequence : first;
            last = stored.Sequence;
            _encoder.Write(_lines, stored);
        }
        if (first != 0)
        {
            stream.Append(_lines.Written, first, last);
        }
        _lines.Clear();
    }

    private OutputStream StreamOf(string name)
    {
        if (_streams.TryGetValue(name, out var open))
        {
            return open;
        }
        if (_streams.Count >= _options.OpenFilesMax)
        {
            var (oldest, stream) = _streams.MinBy(entry => entry.Value.LastUse);
            _streams.Remove(oldest);
            Close(oldest, stream, always: false);
        }
        return _streams[name] = OutputStream.Open(_context!, name);
    }

    private void Rewind(long nextSequence)
    {
        LeaveUnlessInPlace();
        _context ??= OpenContext();
        CloseStreams();
        var rewind = new OutputRewind(_setup.LogId, _context.Rewind.Rewinds + 1, nextSequence);
        CheckedNote.Write(_context.Directory, "", OutputRewind.FileName, rewind, OutputJson.Default.OutputRewind);
        _context.Rewind = rewind;
    }

    private void CloseStreams()
    {
        foreach (var (name, stream) in _streams)
        {
            Close(name, stream, always: true);
        }
        _streams.Clear();
    }

    private void Close(string name, OutputStream stream, bool always)
    {
        try
        {
            stream.Close(always);
        }
        catch (StorageException e)
        {
            Log.PositionNotNoted(_logger, name, e.Message);
        }
    }

    // An operator has to mend permissions and double use; everything else may pass.
    private static SinkVerdict Verdict(StorageException e) => e.Kind switch
    {
        StorageFailure.Denied or StorageFailure.InUse or StorageFailure.NoDirectory => new SinkVerdict(VerdictKind.Blocked, e.Message),
        StorageFailure.Full => new SinkVerdict(VerdictKind.Retryable, $"the disk is full: {e.Message}"),
        _ => new SinkVerdict(VerdictKind.Retryable, e.Message),
    };

    // What of a batch was not written, and why.
    private sealed class Failures(int events)
    {
        private SinkVerdict?[]? _verdicts;
        private int _failed;

        internal SinkVerdict First { get; private set; }

        internal bool IsOfSink { get; set; }

        internal void Add(StreamGroup group, SinkVerdict verdict)
        {
            First = _failed == 0 ? verdict : First;
            _failed += group.Indexes.Count;
            _verdicts ??= new SinkVerdict?[events];
            foreach (var index in group.Indexes)
            {
                _verdicts[index] = verdict;
            }
        }

        // Where nothing was written, nothing says that it is for a stream's sake.
        internal SinkResult Result =>
            _failed == 0 ? SinkResult.Delivered
            : _failed == events ? new SinkResult(First with { Scope = VerdictScope.Unknown })
            : new SinkResult(First, [.. _verdicts!.Select(verdict => verdict ?? SinkVerdict.Delivered)]);
    }
}
