namespace Ingest.Abuse;

/// <summary>One thing that should not be sent.</summary>
/// <param name="Name">What it is.</param>
/// <param name="Expected">How it may end.</param>
/// <param name="RunAsync">Does it, and says how it ended.</param>
public sealed record AbuseCase(string Name, IReadOnlyList<string> Expected, Func<AbuseTarget, CancellationToken, Task<string>> RunAsync)
{
    /// <summary>Sent to the node that speaks HTTP/2; honest producers, connections and memory are that node's too.</summary>
    public bool OverHttp2 { get; init; }
}

/// <summary>The node it is sent to.</summary>
/// <param name="Port">A node's intake, HTTP/1.1.</param>
/// <param name="Http2Port">Another node's intake, HTTP/2 in clear text.</param>
/// <param name="GrpcPort">The first node's listener for OTLP over gRPC.</param>
/// <param name="Connections">How many connections a flood opens.</param>
/// <param name="Repeats">How often a flood repeats itself.</param>
public sealed record AbuseTarget(int Port, int Http2Port, int GrpcPort, int Connections, int Repeats);

/// <summary>What came of it.</summary>
/// <param name="Case">The case.</param>
/// <param name="Got">How it ended.</param>
/// <param name="Honest">Requests of an honest producer meanwhile and afterwards: those answered 202, and all.</param>
/// <param name="Ratio">The honest producer's p99 afterwards over the one before.</param>
/// <param name="RatioMax">How many times slower honest producers may be afterwards.</param>
/// <param name="Leaked">Connections the node still had when everybody had gone.</param>
/// <param name="MemoryMiB">Resident memory more than before.</param>
public sealed record AbuseRow(
    AbuseCase Case, string Got, (int Accepted, int All) Honest, double Ratio, double RatioMax, int Leaked, double MemoryMiB)
{
    /// <summary>Memory the collector and the pools may keep, beside what the node had before.</summary>
    public const double MemoryMiBMax = 96;

    /// <summary>Everything was as it should be.</summary>
    public bool IsAsExpected =>
        Case.Expected.Contains(Got) && Honest.Accepted == Honest.All && Ratio < RatioMax && Leaked == 0 && MemoryMiB < MemoryMiBMax;
}
