namespace Ingest.Intake.Idempotency;

/// <summary>
/// Tells whether the log has marks of requests that no file has, and when a save has all of those that were durable when it began. Any
/// thread, with the lock of the table that is saved.
/// </summary>
/// <param name="gate">The table's lock.</param>
internal sealed class UnsavedRequests(Lock gate)
{
    // Requests under way, by whether their generation is even or odd: a save waits for those of the one before.
    private readonly int[] _pending = new int[2];
    private int _generation;
    private bool _changed;
    private bool _isSaving;

    /// <summary>
    /// Whether the log has marks that no file has: requests came, or the save that has them is under way. Asked for in one step: a save
    /// that begins between two would be missed by both.
    /// </summary>
    internal bool IsAny
    {
        get
        {
            lock (gate)
            {
                return _changed || _isSaving;
            }
        }
    }

    /// <summary>Whether requests came since the last <see cref="BeginSave"/>, so that no save has all of them.</summary>
    internal bool IsChanged
    {
        get
        {
            lock (gate)
            {
                return _changed;
            }
        }
    }

    /// <summary>Whether every request that began before <see cref="BeginSave"/> is settled.</summary>
    internal bool IsSettled
    {
        get
        {
            lock (gate)
            {
                return _pending[_generation ^ 1] == 0;
            }
        }
    }

    /// <summary>
    /// Begins a save. What the caller read as durable before is in the table once <see cref="IsSettled"/>: the requests it came with began
    /// before. One save at a time.
    /// </summary>
    internal void BeginSave()
    {
        lock (gate)
        {
            _isSaving = true;
            _changed = _pending[0] + _pending[1] > 0;
            _generation ^= 1;
        }
    }

    /// <summary>The save has succeeded.</summary>
    internal void EndSave()
    {
        lock (gate)
        {
            _isSaving = false;
        }
    }

    /// <summary>The save has failed: the log has marks that no file has.</summary>
    internal void FailSave()
    {
        lock (gate)
        {
            (_changed, _isSaving) = (true, false);
        }
    }

    /// <summary>The log has marks that no file has: they were read from there.</summary>
    internal void Note()
    {
        lock (gate)
        {
            _changed = true;
        }
    }

    /// <summary>The file has all there is: it was just read from there.</summary>
    internal void Forget()
    {
        lock (gate)
        {
            _changed = false;
        }
    }

    /// <summary>A request begins; returns its generation.</summary>
    internal int BeginNeedsLock()
    {
        _pending[_generation]++;
        _changed = true;
        return _generation;
    }

    /// <summary>A request has ended.</summary>
    internal void EndNeedsLock(int generation) => _pending[generation]--;
}
