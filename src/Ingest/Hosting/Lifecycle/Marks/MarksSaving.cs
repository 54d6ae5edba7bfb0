using Ingest.Intake.Idempotency;
using Ingest.Wal;

namespace Ingest.Hosting.Lifecycle.Marks;

/// <summary>
/// Saves marks, one save at a time and each in steps: it begins, and ends once the requests it comes with are settled. <see cref="Ask"/> by
/// any thread, the rest by one at a time.
/// </summary>
/// <param name="log">The log the marks lie in.</param>
/// <param name="unsaved">What of them is in no file.</param>
/// <param name="move">Moves the file's cursor alone.</param>
/// <param name="save">Replaces the file, and moves its cursor to there.</param>
internal sealed class MarksSaving(WriteAheadLog log, UnsavedRequests unsaved, Action<long> move, Action<long> save)
{
    // Set by any thread, cleared when a save begins.
    private volatile bool _isAsked;
    private long? _begun;

    /// <summary>A save was asked for, and none has begun since.</summary>
    internal bool IsAsked => _isAsked;

    /// <summary>A save has begun and not ended.</summary>
    internal bool IsBegun => _begun is not null;

    /// <summary>Asks for a save.</summary>
    internal void Ask() => _isAsked = true;

    /// <summary>Begins a save unless one has begun, and ends it if it can be.</summary>
    /// <exception cref="Exception">It failed: <see cref="Fail"/> is to be called.</exception>
    internal MarksStep Step()
    {
        if (log.Poison is not null)
        {
            return MarksStep.Waits;
        }
        if (_begun is null)
        {
            // Read before it is asked whether anything came: what is durable by then has begun before.
            var durable = log.DurableSequence;
            _isAsked = false;
            if (!unsaved.IsAny)
            {
                move(durable);
                return MarksStep.Moved;
            }
            unsaved.BeginSave();
            _begun = durable;
        }
        if (!unsaved.IsSettled)
        {
            return MarksStep.Waits;
        }
        save(_begun.Value);
        _begun = null;
        unsaved.EndSave();
        return MarksStep.Saved;
    }

    /// <summary>A step has failed. What was saved before still holds, and the log is kept from there.</summary>
    internal void Fail()
    {
        unsaved.FailSave();
        _begun = null;
    }
}
