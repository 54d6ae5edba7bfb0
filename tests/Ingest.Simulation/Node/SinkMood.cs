using Ingest.Sinks.Contract;

namespace Ingest.Simulation.Node;

/// <summary>How the other side behaves for a while. Shares are of 100.</summary>
internal sealed record SinkMood
{
    /// <summary>Name, for traces.</summary>
    internal required string Name { get; init; }

    /// <summary>Batches that fail as a whole.</summary>
    internal int Fails { get; init; }

    /// <summary>Events that get a verdict of their own.</summary>
    internal int Parts { get; init; }

    /// <summary>What those verdicts are drawn from.</summary>
    internal IReadOnlyList<VerdictKind> Kinds { get; init; } = [VerdictKind.Retryable, VerdictKind.Congested];

    /// <summary>Batches whose answer is lost: they take effect, or not, and the sink throws, fails or miscounts.</summary>
    internal int Lost { get; init; }

    /// <summary>Calls that ignore that they are to end.</summary>
    internal int Deaf { get; init; }

    /// <summary>How long an answer takes at most.</summary>
    internal TimeSpan LateMax { get; init; }

    /// <summary>Openings that fail.</summary>
    internal int OpenFails { get; init; }

    /// <summary>Takes what it can take, soon.</summary>
    internal static SinkMood Well { get; } = new() { Name = "well", LateMax = TimeSpan.FromMilliseconds(20) };

    private static readonly SinkMood[] All =
    [
        Well,
        new() { Name = "late", LateMax = TimeSpan.FromMilliseconds(700) },
        new() { Name = "flaky", Fails = 30, LateMax = TimeSpan.FromMilliseconds(50) },
        new()
        {
            Name = "picky",
            Parts = 25,
            Kinds = [VerdictKind.Retryable, VerdictKind.Congested, VerdictKind.Rejected, VerdictKind.Blocked],
            LateMax = TimeSpan.FromMilliseconds(50),
        },
        new() { Name = "refusing", Parts = 40, Kinds = [VerdictKind.Rejected], LateMax = TimeSpan.FromMilliseconds(5) },
        new() { Name = "down", Fails = 100, OpenFails = 50 },
        new() { Name = "blocked", Fails = 90, Kinds = [VerdictKind.Blocked], OpenFails = 70 },
        new() { Name = "hanging", LateMax = TimeSpan.FromSeconds(8), Deaf = 30, OpenFails = 20 },
        new() { Name = "answers are lost", Lost = 50, LateMax = TimeSpan.FromMilliseconds(100), Deaf = 10 },
        new()
        {
            Name = "everything at once",
            Fails = 15,
            Parts = 10,
            Lost = 15,
            Deaf = 5,
            OpenFails = 30,
            Kinds = [VerdictKind.Retryable, VerdictKind.Congested, VerdictKind.Rejected, VerdictKind.Blocked],
            LateMax = TimeSpan.FromSeconds(3),
        },
    ];

    /// <summary>Any of them.</summary>
    internal static SinkMood Draw(Random random) => All[random.Next(All.Length)];
}
