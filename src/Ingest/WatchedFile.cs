namespace Ingest;

/// <summary>
/// A value that is made of a file's content, and made anew when the content changes. Content that cannot be used leaves the value as it
/// was. Any thread.
/// </summary>
/// <remarks>
/// Contents are compared, not times or lengths: of a mounted secret only a link above the file changes, and a certificate and its key are
/// renamed one after the other. Invariants: <see cref="Value"/> is the latest that could be made; each content is parsed once; a file that
/// is missing once is unchanged, since editors remove a file and write it anew; a failure is reported once until something changes.
/// </remarks>
/// <param name="read">The content; null when there is no file, which <paramref name="parse"/> must know what to do with.</param>
/// <param name="parse">Makes the value of a content and the value before.</param>
/// <param name="time">Counts the interval of <see cref="Fresh"/>.</param>
/// <typeparam name="T">The value: immutable, or safe for any thread.</typeparam>
internal sealed class WatchedFile<T>(Func<byte[]?> read, Func<byte[]?, T?, T> parse, TimeProvider time)
    where T : class
{
    /// <summary>How often <see cref="Fresh"/> looks at the file.</summary>
    internal static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private volatile T? _value;

    // Under the lock: the content last parsed and what is wrong with it, and what is wrong now.
    private byte[]? _seen;
    private Exception? _mistake;
    private Exception? _error;
    private bool _missed;
    private long? _looked;

    /// <summary>Called with each new value after the first, under the lock.</summary>
    internal Action<T>? Changed { get; init; }

    /// <summary>Called when the value stays as it was although the file says something else, or cannot be read, under the lock.</summary>
    internal Action<Exception>? Kept { get; init; }

    /// <summary>The value as of the last look; null before the first.</summary>
    internal T? Value => _value;

    /// <summary>Why the value is not what the file says now; null when it is.</summary>
    internal Exception? Error
    {
        get
        {
            lock (_lock)
            {
                return _error;
            }
        }
    }

    /// <summary>The value as of now, or of a look at most <see cref="LookInterval"/> ago.</summary>
    /// <exception cref="Exception">There is no value yet, and none can be made; see <see cref="Load"/>.</exception>
    internal T Fresh
    {
        get
        {
            lock (_lock)
            {
                if (_looked is not { } looked || time.GetElapsedTime(looked) >= LookInterval)
                {
                    if (_value is null)
                    {
                        Load();
                    }
                    else
                    {
                        Look();
                    }
                    _looked = time.GetTimestamp();
                }
                return _value!;
            }
        }
    }

    /// <summary>Makes the first value.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be read.</exception>
    /// <exception cref="Exception">Of <c>parse</c>: the content cannot be used.</exception>
    internal T Load()
    {
        lock (_lock)
        {
            var content = read();
            var value = parse(content, null);
            (_seen, _value, _looked) = (content, value, time.GetTimestamp());
            return value;
        }
    }

    /// <summary>The next <see cref="Fresh"/> looks at the file, whenever the last one did.</summary>
    internal void Distrust()
    {
        lock (_lock)
        {
            _looked = null;
        }
    }

    /// <summary>Looks at the file. Returns whether there is another value than before.</summary>
    internal bool Look()
    {
        lock (_lock)
        {
            try
            {
                return LookNeedsLock();
            }
            catch (Exception e)
            {
                // Of any kind: looks are made by timers, where an exception would end the process.
                if (e.Message != _error?.Message)
                {
                    Kept?.Invoke(e);
                }
                _error = e;
                return false;
            }
        }
    }

    private bool LookNeedsLock()
    {
        var content = read();
        if (content is null && _seen is not null && !_missed)
        {
            _missed = true;
            return false;
        }
        _missed = false;
        if (content is null ? _seen is null : _seen is not null && content.AsSpan().SequenceEqual(_seen))
        {
            // Unreadable for a while and now the same as before: what was wrong with it then, if anything, still is.
            _error = _mistake;
            return false;
        }
        (_seen, _mistake) = (content, null);
        try
        {
            _value = parse(content, _value);
        }
        catch (Exception e)
        {
            // Another content with the same mistake is told again.
            (_mistake, _error) = (e, null);
            throw;
        }
        _error = null;
        Changed?.Invoke(_value);
        return true;
    }
}
