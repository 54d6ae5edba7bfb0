namespace Ingest.Testing;

/// <summary>How to start a node under test. The same setup starts it again after a kill.</summary>
public sealed record IngestSetup
{
    /// <summary>The data directory.</summary>
    public required string Data { get; init; }

    /// <summary>The intake's port on the loopback.</summary>
    public int IntakePort { get; init; } = FreePort.Next();

    /// <summary>The admin listener's port on the loopback.</summary>
    public int AdminPort { get; init; } = FreePort.Next();

    /// <summary>Sinks, as <c>--sink</c> takes them; none: the embedded default.</summary>
    public IReadOnlyList<string> Sinks { get; init; } = [];

    /// <summary>Settings, as <c>--set Key=Value</c> takes them.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>A file of settings; null: none.</summary>
    public string? Config { get; init; }

    /// <summary>A command to run the node under, such as <c>strace</c> with its options; empty: none.</summary>
    public IReadOnlyList<string> Wrapper { get; init; } = [];

    /// <summary>Variables added to the node's environment.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    /// <summary>Where clients post.</summary>
    public Uri Intake => new($"http://127.0.0.1:{IntakePort}");

    /// <summary>Where operators look.</summary>
    public Uri Admin => new($"http://127.0.0.1:{AdminPort}");

    /// <summary>Copies the setup with further settings.</summary>
    public IngestSetup With(params IEnumerable<(string Key, string Value)> settings)
    {
        var merged = new Dictionary<string, string>(Settings);
        foreach (var (key, value) in settings)
        {
            merged[key] = value;
        }
        return this with { Settings = merged };
    }

    /// <summary>The words after the executable's name.</summary>
    public IReadOnlyList<string> Arguments =>
    [
        "serve",
        "--data", Data,
        "--intake", Intake.GetLeftPart(UriPartial.Authority),
        "--admin", Admin.GetLeftPart(UriPartial.Authority),
        .. Config is { } file ? ["--config", file] : Array.Empty<string>(),
        .. Sinks.SelectMany(sink => new[] { "--sink", sink }),
        .. Settings.SelectMany(setting => new[] { "--set", $"{setting.Key}={setting.Value}" }),
    ];
}
