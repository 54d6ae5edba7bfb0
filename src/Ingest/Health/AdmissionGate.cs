using Ingest.Health.Policy;

namespace Ingest.Health;

/// <summary>
/// The one place that says whether intake accepts. Reasons are set and cleared by their owners; the request path reads one reference.
/// A reason is either announced (not ready, still accepting: load balancers should look elsewhere) or closes the gate.
/// </summary>
public sealed class AdmissionGate
{
    private readonly Lock _lock = new();

    // Under the lock; by precedence. A handful at most.
    private readonly SortedList<(RefusalCode Code, string Owner), (Refusal Refusal, bool Closes)> _reasons = new(
        Comparer<(RefusalCode Code, string Owner)>.Create((a, b) =>
            a.Code != b.Code ? a.Code.CompareTo(b.Code) : string.CompareOrdinal(a.Owner, b.Owner)));

    // Written under the lock, read by any thread with Volatile: one reference, so that intake and readiness never disagree.
    private Standing _standing = new(null, []);

    // Replaced as a whole by the policy's owner, read by any thread with Volatile.
    private OperatorPolicy _policy = OperatorPolicy.Open;

    /// <summary>The gate starts closed, as <see cref="RefusalCode.Starting"/>.</summary>
    public AdmissionGate() => Close(RefusalCode.Starting, "The node is starting.");

    /// <summary>Called after each change, on the thread that made it. Must be quick and must not throw.</summary>
    public Action? Changed { get; set; }

    /// <summary>The reason to refuse with, or null when intake accepts. Any thread; a single read.</summary>
    public Refusal? Current => Volatile.Read(ref _standing).Current;

    /// <summary>The operator's policy in force: what single streams and keys may send. Any thread; a single read.</summary>
    public OperatorPolicy Policy
    {
        get => Volatile.Read(ref _policy);
        internal set => Volatile.Write(ref _policy, value);
    }

    /// <summary>All reasons that hold now, announced ones too, by precedence. None: the node is ready. Any thread; a single read.</summary>
    /// <remarks>The same list as long as nothing changes.</remarks>
    public IReadOnlyList<Refusal> Reasons => Volatile.Read(ref _standing).Reasons;

    /// <summary>Refuses for this reason until <see cref="Open"/> is called for it.</summary>
    /// <param name="code">What is answered.</param>
    /// <param name="detail">One sentence: what is wrong and what ends it.</param>
    /// <param name="owner">Who takes it back, where several may have the same reason.</param>
    public void Close(RefusalCode code, string detail, string owner = "") => Set(code, owner, (new Refusal(code, detail), true));

    /// <summary>Not ready for this reason, but accepting, until <see cref="Close"/> or <see cref="Open"/> is called for it.</summary>
    /// <inheritdoc cref="Close"/>
    public void Announce(RefusalCode code, string detail, string owner = "") => Set(code, owner, (new Refusal(code, detail), false));

    /// <summary>Takes the reason back. Intake accepts when none is left that closes.</summary>
    /// <inheritdoc cref="Close"/>
    public void Open(RefusalCode code, string owner = "") => Set(code, owner, null);

    private void Set(RefusalCode code, string owner, (Refusal Refusal, bool Closes)? reason)
    {
        lock (_lock)
        {
            var had = _reasons.TryGetValue((code, owner), out var before);
            if (reason is { } added && !(had && before == added))
            {
                _reasons[(code, owner)] = added;
            }
            else if (reason is not null || !_reasons.Remove((code, owner)))
            {
                return;
            }
            Volatile.Write(ref _standing, new Standing(
                _reasons.Values.FirstOrDefault(entry => entry.Closes).Refusal, [.. _reasons.Values.Select(entry => entry.Refusal)]));
        }
        Changed?.Invoke();
    }

    private sealed record Standing(Refusal? Current, Refusal[] Reasons);
}
