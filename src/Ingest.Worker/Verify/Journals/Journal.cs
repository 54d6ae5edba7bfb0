using System.Buffers;
using System.Globalization;
using System.Text;
using Ingest.Wal.Storage;

namespace Ingest.Worker.Verify.Journals;

/// <summary>
/// What was sent and answered, on disk, in a directory of its own that one process has at a time. A line is an intent,
/// <c>&gt; KEY FIRST COUNT</c>, which is durable before its events are sent, or an answer, <c>&lt; KEY FIRST COUNT STATUS CODE</c>, with
/// the status 0 for none, which is durable with the next intent or the end. Any thread.
/// </summary>
internal sealed class Journal : IDisposable
{
    /// <summary>The version of the format that this build reads and writes.</summary>
    internal const int Version = 1;

    /// <summary>How the first line begins; the version and the run follow.</summary>
    internal const string Head = "ingest-verify ";

    /// <summary>The file's name in the directory.</summary>
    internal const string FileName = "journal";

    private readonly IWalDirectory _directory;
    private readonly AppendedFile _file;
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _writing = new(1);

    // Under _lock.
    private ArrayBufferWriter<byte> _pending = new();
    private ArrayBufferWriter<byte> _spare = new();
    private long _noted;

    // Only the holder of _writing reads and writes these.
    private long _durable;

    private Journal(IWalDirectory directory)
    {
        _directory = directory;
        Contents = JournalContents.Read(Path.Combine(directory.Path, FileName));
        _file = new AppendedFile(directory, FileName);
        if (Contents.Run.Length > 0)
        {
            Run = Contents.Run;
            return;
        }
        Run = Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture);
        _file.Append(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Head}{Version} {Run}\n")));
    }

    /// <summary>The run, 32 hexadecimal digits: made with the journal.</summary>
    internal string Run { get; }

    /// <summary>What the journal held when it was opened.</summary>
    internal JournalContents Contents { get; }

    /// <summary>The directory.</summary>
    internal string DirectoryPath => _directory.Path;

    /// <summary>Opens the journal, or makes one.</summary>
    /// <exception cref="CommandFailure">A newer build wrote it, or it is none.</exception>
    /// <exception cref="StorageException">Another process has it, or it cannot be written.</exception>
    internal static Journal Open(string path)
    {
        var directory = WalDirectory.Open(path);
        try
        {
            return new Journal(directory);
        }
        catch
        {
            directory.Dispose();
            throw;
        }
    }

    /// <summary>Says that events are about to be sent, and returns when that is on disk, as are all answers noted before.</summary>
    internal Task IntendAsync(int key, long first, int count) =>
        FlushAsync(Note(string.Create(CultureInfo.InvariantCulture, $"> {key} {first} {count}\n")));

    /// <summary>Says what events were answered with; on disk with the next intent.</summary>
    /// <param name="key">The number of the key.</param>
    /// <param name="first">The first event's number.</param>
    /// <param name="count">How many events.</param>
    /// <param name="status">The answer's status; 0: there was none.</param>
    /// <param name="code">The refusal's code, or what kept the answer away.</param>
    internal void Answer(int key, long first, int count, int status, string code) =>
        Note(string.Create(CultureInfo.InvariantCulture, $"< {key} {first} {count} {status} {OneLine(code)}\n"));

    /// <summary>Makes durable what was noted; call it when nothing is being sent.</summary>
    internal void Flush() => Flush(long.MaxValue);

    public void Dispose()
    {
        Flush();
        _file.Dispose();
        _directory.Dispose();
        _writing.Dispose();
    }

    private long Note(string line)
    {
        lock (_lock)
        {
            _pending.Advance(Encoding.UTF8.GetBytes(line, _pending.GetSpan(Encoding.UTF8.GetMaxByteCount(line.Length))));
            return ++_noted;
        }
    }

    // The first of those that wait writes for all of them.
    private async Task FlushAsync(long noted)
    {
        await _writing.WaitAsync();
        try
        {
            Flush(noted);
        }
        finally
        {
            _writing.Release();
        }
    }

    private void Flush(long noted)
    {
        if (_durable >= noted)
        {
            return;
        }
        ArrayBufferWriter<byte> lines;
        long last;
        lock (_lock)
        {
            (lines, _pending, last) = (_pending, _spare, _noted);
        }
        if (lines.WrittenCount > 0)
        {
            _file.Append(lines.WrittenSpan);
        }
        _durable = last;
        lines.ResetWrittenCount();
        _spare = lines;
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
