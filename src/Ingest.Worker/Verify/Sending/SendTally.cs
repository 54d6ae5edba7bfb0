namespace Ingest.Worker.Verify.Sending;

/// <summary>What became of what was sent. Any thread.</summary>
internal sealed class SendTally
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, long> _repeated = new(StringComparer.Ordinal);

    /// <summary>Events answered with 202.</summary>
    internal long Acknowledged { get; private set; }

    /// <summary>Events refused for good, or given up after refusals alone.</summary>
    internal long Refused { get; private set; }

    /// <summary>Events given up without knowing what became of them.</summary>
    internal long Unknown { get; private set; }

    /// <summary>Whether anybody has answered.</summary>
    internal bool WasAnswered { get; private set; }

    /// <summary>The first refusal for good, or what kept the first answer away; empty: neither.</summary>
    internal string FirstTrouble { get; private set; } = "";

    /// <summary>Attempts that were not answered with 202, by status and code.</summary>
    internal SortedDictionary<string, long> Repeated
    {
        get
        {
            lock (_lock)
            {
                return new SortedDictionary<string, long>(_repeated, StringComparer.Ordinal);
            }
        }
    }

    /// <summary>Counts an attempt.</summary>
    internal void Count(SendAnswer answer)
    {
        lock (_lock)
        {
            WasAnswered |= answer.Status > 0;
            if (answer.IsAccepted)
            {
                return;
            }
            _repeated[answer.Name] = _repeated.GetValueOrDefault(answer.Name) + 1;
            FirstTrouble = FirstTrouble.Length > 0 ? FirstTrouble
                : answer.Status > 0 ? answer.Name
                : answer.Code;
        }
    }

    /// <summary>Counts the events of a request that has ended.</summary>
    internal void End(int events, SendAnswer last, bool mayBeStored)
    {
        lock (_lock)
        {
            Acknowledged += last.IsAccepted ? events : 0;
            Unknown += !last.IsAccepted && mayBeStored ? events : 0;
            Refused += !last.IsAccepted && !mayBeStored ? events : 0;
        }
    }
}
