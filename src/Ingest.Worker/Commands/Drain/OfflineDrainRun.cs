using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Hosting;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Settings;
using Ingest.Publishing.Lanes;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;
using Microsoft.Extensions.Logging.Console;
using Spectre.Console;

namespace Ingest.Worker.Commands.Drain;

/// <summary><c>ingest drain --data DIR</c>: delivers the log of a node that is gone, and exits.</summary>
internal static class OfflineDrainRun
{
    internal static async Task<int> RunAsync(
        ServeArguments arguments, IReadOnlyList<string> only, TimeSpan deadline, Printing printing, CancellationToken cancel)
    {
        var settings = Configuration.Read(arguments).ThrowIfWrongUnheard();
        using var loggers = LoggerFactory.Create(logging =>
        {
            Logs.Configure(logging, settings);
            // Results go to standard output, what happens on the way to standard error.
            logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
            logging.AddFilter("Ingest", LogLevel.Warning);
        });
        var report = await WatchAsync(settings, only, deadline, loggers, cancel);
        Print(report, printing, settings);
        return report.IsEmpty ? ExitCode.Fine : ExitCode.NotFine;
    }

    private static async Task<OfflineDrainReport> WatchAsync(
        NodeSettings settings, IReadOnlyList<string> only, TimeSpan deadline, ILoggerFactory loggers, CancellationToken cancel)
    {
        Task<OfflineDrainReport> Run(Action<IReadOnlyList<LaneStatus>> progress) =>
            OfflineDrain.RunAsync(settings, Configuration.Sinks, only, deadline, progress, loggers, cancel);
        return Screen.IsWatched ? await ProgressAsync(Run) : await Run(_ => { });
    }

    private static async Task<OfflineDrainReport> ProgressAsync(
        Func<Action<IReadOnlyList<LaneStatus>>, Task<OfflineDrainReport>> run)
    {
        return await WorkBars.Count("events").StartAsync(async context =>
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

    private static void Print(OfflineDrainReport report, Printing printing, NodeSettings settings)
    {
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(Summary(report), OfflineDrainJson.Default.OfflineDrainSummary));
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
        foreach (var debt in report.Owed)
        {
            Screen.Line($"{Humanize.Count(debt.Events, "event")} owed to lane {debt.Lane}: {debt.Reason}.");
        }
        foreach (var debt in report.LeftOut)
        {
            Screen.Line("Not looked at because of --only: "
                + $"{Humanize.Count(debt.Events, "event")} owed to lane {debt.Lane}: {debt.Reason}.");
        }
        Screen.Line(Verdict(report));
        if (report.DeadLetters > 0)
        {
            var directory = Path.Combine(Path.GetFullPath(settings.Get<NodeOptions>().Data), "dead");
            Screen.Line($"{Humanize.Count(report.DeadLetters, "dead letter")} in {directory}: look at them before the directory goes.");
        }
    }

    private static string Verdict(OfflineDrainReport report)
    {
        var lanes = report.Only.Count == 0 ? "every lane it has" : $"lane {string.Join(", ", report.Only)}, the only one asked for";
        return report.DeadLettersUnread ? "The dead letters could not be read in time: run it again."
            : report.IsEmpty ? $"0 pending: everything in this log was delivered to {lanes}."
            : $"{Humanize.Count(Pending(report))} pending for {lanes}: they stay in the log; run it again to go on from there.";
    }

    private static string StateOf(LaneStatus lane) => lane.Reason.Length > 0 ? $"{lane.State}: {lane.Reason}" : lane.State.ToString();

    // Of the lane that is owed most: lanes are owed the same events.
    private static long Pending(OfflineDrainReport report) => report.Owed.Select(debt => debt.Events).DefaultIfEmpty().Max();

    private static OfflineDrainSummary Summary(OfflineDrainReport report) => new(
        report.IsEmpty,
        Pending(report),
        [.. report.Lanes.Select(lane => new OfflineLaneSummary(
            lane.Name, lane.Kind, lane.Delivered, lane.DeadLettered, lane.Lost, lane.PendingEvents, lane.Reason))],
        [.. report.Owed],
        [.. report.Only],
        [.. report.LeftOut],
        report.DeadLetters);
}

/// <summary>How an offline drain ended, for scripts.</summary>
/// <param name="Empty">Nothing is owed to any lane that counts.</param>
/// <param name="Pending">Events of the lane that is owed most.</param>
/// <param name="Lanes">The lanes that delivered.</param>
/// <param name="Owed">What is owed, by lane, also by lanes that have no sink here.</param>
/// <param name="Only">The lanes that count; empty: all.</param>
/// <param name="LeftOut">What is owed to lanes that do not count.</param>
/// <param name="DeadLetters">Events in the dead letters.</param>
internal sealed record OfflineDrainSummary(
    bool Empty,
    long Pending,
    OfflineLaneSummary[] Lanes,
    OwedEvents[] Owed,
    string[] Only,
    OwedEvents[] LeftOut,
    long DeadLetters);

/// <summary>A lane of it; counts are over the log's whole life.</summary>
internal sealed record OfflineLaneSummary(
    string Name, string Kind, long Delivered, long DeadLettered, long Lost, long Pending, string Reason);

/// <summary>Serializers of the report.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(OfflineDrainSummary))]
internal sealed partial class OfflineDrainJson : JsonSerializerContext;
