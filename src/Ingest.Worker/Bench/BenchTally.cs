namespace Ingest.Worker.Bench;

/// <summary>What became of requests. One thread; merged at the end.</summary>
internal sealed class BenchTally
{
    /// <summary>What a request without an answer is counted as.</summary>
    internal const string NoAnswer = "no_answer";

    private readonly SortedDictionary<string, long> _refused = new(StringComparer.Ordinal);

    /// <summary>Requests answered with 202.</summary>
    internal long Accepted { get; private set; }

    /// <summary>Events the node says it took.</summary>
    internal long Events { get; private set; }

    /// <summary>All others, by the answer's code.</summary>
    internal IReadOnlyDictionary<string, long> Refused => _refused;

    /// <summary>Time of accepted requests, from the moment they were due.</summary>
    internal LatencyHistogram Latency { get; } = new();

    /// <summary>Why the first request without an answer had none.</summary>
    internal string FirstFailure { get; private set; } = "";

    internal long Requests => Accepted + _refused.Values.Sum();

    internal void Accept(int events, TimeSpan took)
    {
        Accepted++;
        Events += events;
        Latency.Record(took);
    }

    internal void Refuse(string code) => _refused[code] = _refused.GetValueOrDefault(code) + 1;

    internal void Fail(string reason)
    {
        Refuse(NoAnswer);
        FirstFailure = FirstFailure.Length > 0 ? FirstFailure : reason;
    }

    internal void Add(BenchTally other)
    {
        Accepted += other.Accepted;
        Events += other.Events;
        Latency.Add(other.Latency);
        foreach (var (code, count) in other._refused)
        {
            _refused[code] = _refused.GetValueOrDefault(code) + count;
        }
        FirstFailure = FirstFailure.Length > 0 ? FirstFailure : other.FirstFailure;
    }
}
