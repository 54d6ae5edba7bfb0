using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Keys;

/// <summary>
/// Holds the ring of the keys' file as it is now, looked at every so often. A file that cannot be used leaves the ring as it was, and is
/// reported once.
/// </summary>
internal sealed class KeyFileWatch : IDisposable
{
    private readonly WatchedFile<KeyRing> _file;
    private readonly ITimer _timer;

    /// <param name="path">The file.</param>
    /// <param name="poll">How often it is looked at.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what changes and fails.</param>
    /// <exception cref="FormatException">It is not what it should be; the message says where and why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal KeyFileWatch(string path, TimeSpan poll, TimeProvider time, ILogger logger)
    {
        _file = new WatchedFile<KeyRing>(
            () => KeyFile.Read(path), (content, before) => KeyFile.Parse(content, before ?? KeyRing.Empty, time), time)
        {
            Changed = ring => Log.KeysRead(logger, path, ring.Count),
            Kept = reason => Log.KeysUnreadable(logger, path, reason.Message),
        };
        _file.Load();
        _timer = time.CreateTimer(static file => ((WatchedFile<KeyRing>)file!).Look(), _file, poll, poll);
    }

    /// <summary>The keys there are now. Any thread.</summary>
    internal KeyRing Ring => _file.Value!;

    public void Dispose() => _timer.Dispose();
}
