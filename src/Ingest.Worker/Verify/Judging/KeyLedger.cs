namespace Ingest.Worker.Verify.Judging;

/// <summary>The events of one key: a byte each, with room for as many again at most.</summary>
internal sealed class KeyLedger
{
    private EventState[] _states = [];

    /// <summary>The highest number that was sent; 0: none.</summary>
    internal long Last { get; private set; }

    /// <summary>The highest acknowledged number that arrived, by first arrivals.</summary>
    internal long LastArrived { get; set; }

    /// <summary>The state of an event.</summary>
    /// <param name="number">From 1; above <see cref="Last"/>: never sent.</param>
    internal EventState this[long number]
    {
        get => number >= 1 && number <= Last ? _states[number - 1] : EventState.None;
        set
        {
            Hold(number);
            _states[number - 1] = value;
        }
    }

    private void Hold(long number)
    {
        if (number > _states.Length)
        {
            Array.Resize(ref _states, (int)Math.Min(Ledger.NumberMax, Math.Max(number, _states.Length * 2L)));
        }
        Last = Math.Max(Last, number);
    }
}
