using System.Collections;
using Ingest.DeadLetters.Projection;
using Ingest.Hosting;
using Ingest.Hosting.Settings;
using Ingest.Intake.Dialects;
using Ingest.Kafka;
using Ingest.LiteDb;
using Ingest.Sinks.Contract;
using Ingest.Worker.Remote;

namespace Ingest.Worker;

/// <summary>The sources of a node's settings as the command line names them, in their order of precedence.</summary>
internal static class Configuration
{
    /// <summary>Kinds of sinks this executable has.</summary>
    internal static IReadOnlyList<ISinkFactory> Sinks { get; } = [.. IngestServices.BuiltInSinks, new KafkaSinkFactory()];

    /// <summary>Kinds of projections of the dead letters that this executable has.</summary>
    internal static IReadOnlyList<IDeadLetterProjectionFactory> Projections { get; } = [new LiteDbProjectionFactory()];

    /// <summary>The options class of each kind.</summary>
    internal static IReadOnlyDictionary<string, Type> SinkKinds { get; } =
        Sinks.ToDictionary(factory => factory.Kind, factory => factory.OptionsType, StringComparer.OrdinalIgnoreCase);

    /// <summary>The environment variable that says which node commands talk to, where no flag does.</summary>
    internal const string AdminVariable = "INGEST_ADMIN";

    /// <summary>Reads and checks everything.</summary>
    internal static NodeSettings Read(ServeArguments arguments, IDictionary? environment = null)
    {
        var sources = new SettingsSources()
            .AddFile(Path.Combine(AppContext.BaseDirectory, "appsettings.json"), required: false);
        if (arguments.Config is { } file)
        {
            sources.AddFile(file, required: true);
        }
        sources.AddEnvironment(WithoutOwn(environment ?? Environment.GetEnvironmentVariables()));
        AddFlag(sources, "--data", nameof(NodeOptions.Data), arguments.Data);
        AddFlag(sources, "--intake", "Listen:Intake", arguments.Intake);
        AddFlag(sources, "--admin", "Listen:Admin", arguments.Admin);
        AddFlag(sources, "--sink", nameof(NodeOptions.Deliver), arguments.Sinks.Count > 0 ? string.Join(',', arguments.Sinks) : null);
        foreach (var dialect in arguments.Dialects)
        {
            AddFlag(sources, "--dialect", $"{BuiltInDialects.Section}:{dialect}:{nameof(DialectOptions.Enabled)}", "true");
        }
        foreach (var assignment in arguments.Assignments)
        {
            sources.AddAssignment(assignment);
        }
        return NodeSettings.Read(sources, NodeSections.All, SinkKinds);
    }

    // The command line's own: no setting, although it begins like one.
    private static Hashtable WithoutOwn(IDictionary environment)
    {
        var settings = new Hashtable(environment);
        settings.Remove(AdminVariable);
        settings.Remove(ContextFile.NameVariable);
        settings.Remove(ContextFile.FileVariable);
        return settings;
    }

    private static void AddFlag(SettingsSources sources, string flag, string key, string? value)
    {
        if (value is not null)
        {
            sources.AddFlag(flag, key, value);
        }
    }
}
