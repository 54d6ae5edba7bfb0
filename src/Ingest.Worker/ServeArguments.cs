namespace Ingest.Worker;

/// <summary>What <c>serve</c> and <c>config</c> are told on the command line.</summary>
internal sealed record ServeArguments
{
    /// <summary>Where producers POST.</summary>
    internal string? Intake { get; init; }

    /// <summary>Where operators look and act.</summary>
    internal string? Admin { get; init; }

    /// <summary>The data directory.</summary>
    internal string? Data { get; init; }

    /// <summary>A file of settings.</summary>
    internal string? Config { get; init; }

    /// <summary>Names of sinks; none: as the settings say.</summary>
    internal IReadOnlyList<string> Sinks { get; init; } = [];

    /// <summary>Names of dialects to serve, beside those the settings enable.</summary>
    internal IReadOnlyList<string> Dialects { get; init; } = [];

    /// <summary>Settings as <c>Key=Value</c>.</summary>
    internal IReadOnlyList<string> Assignments { get; init; } = [];
}
