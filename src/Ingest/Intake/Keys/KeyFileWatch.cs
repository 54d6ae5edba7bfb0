using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Keys;

/// <summary>
/// Holds the ring of the file as it is now. Looks at the file now and then, because files behind links that are swapped tell nobody; one
/// that cannot be read leaves the ring as it was, and is reported once.
/// </summary>
internal sealed class KeyFileWatch : IDisposable
{
    private readonly string _path;
    private readonly TimeProvider _time;
    private readonly ILogger _logger;
    private readonly ITimer _timer;

    // The timer's callback only, one at a time.
    private readonly Lock _looking = new();
    private byte[] _content;
    private string _reported = "";

    private volatile KeyRing _ring;

    /// <param name="path">The file.</param>
    /// <param name="poll">How often it is looked at.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what changes and fails.</param>
    /// <exception cref="FormatException">It is not what it should be; the message says where and why.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    internal KeyFileWatch(string path, TimeSpan poll, TimeProvider time, ILogger logger)
    {
        (_path, _time, _logger) = (path, time, logger);
        _content = KeyFile.Read(path);
        _ring = KeyFile.Parse(_content, KeyRing.Empty, time);
        _timer = time.CreateTimer(static state => ((KeyFileWatch)state!).Look(), this, poll, poll);
    }

    /// <summary>The keys there are now. Any thread.</summary>
    internal KeyRing Ring => _ring;

    public void Dispose() => _timer.Dispose();

    private void Look()
    {
        if (!_looking.TryEnter())
        {
            return;
        }
        try
        {
            var content = KeyFile.Read(_path);
            if (!content.AsSpan().SequenceEqual(_content))
            {
                _ring = KeyFile.Parse(content, _ring, _time);
                _content = content;
                Log.KeysRead(_logger, _path, _ring.Count);
            }
            _reported = "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            if (e.Message != _reported)
            {
                _reported = e.Message;
                Log.KeysUnreadable(_logger, _path, e.Message);
            }
        }
        finally
        {
            _looking.Exit();
        }
    }
}
