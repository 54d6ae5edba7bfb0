using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Settings;
using Ingest.Publishing.Lanes;
using Ingest.Worker.Terminal;
using Microsoft.Extensions.Logging.Console;
using Spectre.Console;

namespace Ingest.Worker.Commands;

/// <summary><c>ingest drain --data DIR</c>: delivers the log of a node that is gone, and exits.</summary>
internal static class OfflineDrainRun
{
    internal static async Task<int> RunAsync(ServeArguments arguments, TimeSpan deadline, bool json, CancellationToken cancel)
    {
        var settings = Configuration.Read(arguments).ThrowIfWrongUnheard();
        using var loggers = LoggerFactory.Create(logging =>
        {
            Logs.Configure(logging, settings);
            // Results go to standard output, what happens on the way to standard error.
            logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
            logging.AddFilter("Ingest", LogLevel.Warning);
        });
        var report = await WatchAsync(settings, deadline, loggers, cancel);
        Print(report, json);
        return report.IsEmpty ? ExitCode.Fine : ExitCode.NotFine;
    }

    private static async Task<DrainReport> WatchAsync(
        NodeSettings settings, TimeSpan deadline, ILoggerFactory loggers, CancellationToken cancel)
    {
        Task<DrainReport> Run(Action<IReadOnlyList<LaneStatus>> progress) =>
            OfflineDrain.RunAsync(settings, Configuration.Sinks, deadline, progress, loggers, cancel);
        return Screen.IsWatched ? await ProgressAsync(Run) : await Run(_ => { });
    }

    private static async Task<DrainReport> ProgressAsync(Func<Action<IReadOnlyList<LaneStatus>>, Task<DrainReport>> run)
    {
        return await Screen.Error.Progress().AutoClear(true)
            .Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn())
            .StartAsync(async context =>
            {
                var tasks = new Dictionary<string, ProgressTask>(StringComparer.Ordinal);
                return await run(lanes =>
                {
                    foreach (var lane in lanes)
                    {
                        if (!tasks.TryGetValue(lane.Name, out var task))
                        {
                            tasks[lane.Name] = task = context.AddTask(lane.Name, maxValue: Math.Max(1, lane.PendingEvents));
                        }
                        task.Value = task.MaxValue - lane.PendingEvents;
                        task.Description = Markup.Escape($"{lane.Name} ({lane.State}): {Humanize.Count(lane.PendingEvents)} pending");
                    }
                });
            });
    }

    private static void Print(DrainReport report, bool json)
    {
        if (json)
        {
            Screen.Line(JsonSerializer.Serialize(Summary(report), OfflineDrainJson.Default.OfflineDrainSummary));
            return;
        }
        var table = Screen.NewTable("Lane", "Sink", "#Delivered", "#Dead", "#Lost", "#Pending", "State");
        foreach (var lane in report.Lanes)
        {
            Screen.Row(
                table,
                lane.Name,
                lane.Kind,
                Humanize.Count(lane.Delivered),
                Humanize.Count(lane.DeadLettered),
                Humanize.Count(lane.Lost),
                Humanize.Count(lane.PendingEvents),
                StateOf(lane));
        }
        Screen.Show(table);
        Screen.Line(report.IsEmpty
            ? "0 pending: everything in this log was delivered to these sinks."
            : $"{Humanize.Count(Pending(report))} pending: they stay in the log; run it again to go on from there.");
    }

    private static string StateOf(LaneStatus lane) => lane.Reason.Length > 0 ? $"{lane.State}: {lane.Reason}" : lane.State.ToString();

    private static long Pending(DrainReport report) => report.Lanes.Select(lane => lane.PendingEvents).DefaultIfEmpty().Max();

    private static OfflineDrainSummary Summary(DrainReport report) => new(
        report.IsEmpty,
        Pending(report),
        [.. report.Lanes.Select(lane => new OfflineLaneSummary(
            lane.Name, lane.Kind, lane.Delivered, lane.DeadLettered, lane.Lost, lane.PendingEvents, lane.Reason))]);
}

/// <summary>How an offline drain ended, for scripts.</summary>
internal sealed record OfflineDrainSummary(bool Empty, long Pending, OfflineLaneSummary[] Lanes);

/// <summary>A lane of it; counts are over the log's whole life.</summary>
internal sealed record OfflineLaneSummary(
    string Name, string Kind, long Delivered, long DeadLettered, long Lost, long Pending, string Reason);

/// <summary>Its JSON.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OfflineDrainSummary))]
internal sealed partial class OfflineDrainJson : JsonSerializerContext;
