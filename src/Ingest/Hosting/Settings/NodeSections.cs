using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Hosting.Server;
using Ingest.Intake;
using Ingest.Intake.Dialects;
using Ingest.Operations;
using Ingest.Operations.Admin;
using Ingest.Operations.Fleet;
using Ingest.Operations.Prometheus;
using Ingest.Operations.Telemetry;
using Ingest.Publishing;
using Ingest.Queue;

namespace Ingest.Hosting.Settings;

/// <summary>
/// The sections of a node's configuration, in the order they are documented in. A test finds options classes that are missing here.
/// </summary>
public static class NodeSections
{
    /// <summary>Every section but the sinks' own.</summary>
    public static IReadOnlyList<SettingsSection> All { get; } =
    [
        new("", typeof(NodeOptions)),
        new("Listen", typeof(ListenerOptions)),
        new("Intake", typeof(IntakeOptions)),
        .. BuiltInDialects.All.Select(OfDialect),
        new("Queue", typeof(QueueOptions)),
        new("Wal", typeof(WalSettings)),
        new("Publishing", typeof(PublishingOptions)),
        new("DeadLetters", typeof(DeadLetterOptions)),
        new("Health", typeof(HealthOptions)),
        new("Drain", typeof(DrainOptions)),
        new("Admin", typeof(AdminOptions)),
        new("Operations", typeof(OperationsOptions)),
        new("Fleet", typeof(FleetOptions)),
        new("Metrics", typeof(MetricsOptions)),
        new("Telemetry:Otlp", typeof(OtlpOptions)),
    ];

    /// <summary>The section of a dialect.</summary>
    public static SettingsSection OfDialect(IDialect dialect)
    {
        ArgumentNullException.ThrowIfNull(dialect);
        return new SettingsSection($"{BuiltInDialects.Section}:{dialect.Name}", dialect.OptionsType);
    }
}
