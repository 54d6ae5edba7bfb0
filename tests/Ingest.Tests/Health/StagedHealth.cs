using Ingest.Health;

namespace Ingest.Tests.Health;

/// <summary>A node as a test wants its health to see it.</summary>
internal sealed class StagedHealth : IHealthSources
{
    public required AdmissionGate Gate { get; init; }

    public string DataDirectory { get; init; } = "";

    public CommitHeartbeat Commits { get; set; }

    public string? LogFailure { get; set; }

    /// <summary>Asked for with each look.</summary>
    public Func<LogHealth?> ReadLog { get; set; } = () => null;

    public LogHealth? Log => ReadLog();

    public IReadOnlyList<LaneHealth> Lanes { get; init; } = [];

    public DrainHealth Drain { get; } = new("serving", TimeSpan.Zero);

    public string Version { get; init; } = "";

    /// <summary>How often pools were to give back.</summary>
    public int Trims { get; private set; }

    public void TrimBuffers() => Trims++;
}
