using System.Text.Json;
using System.Text.Json.Serialization;
using Ingest.Worker.Bench;
using Ingest.Worker.Commands.Output;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Bench;

/// <summary>What a load was answered with.</summary>
internal static class BenchView
{
    internal static void Show(BenchPlan plan, BenchRun run, BenchTally tally, Printing printing)
    {
        var result = Result(run, tally);
        if (printing.IsDocument)
        {
            printing.Print(JsonSerializer.Serialize(result, BenchJson.Default.BenchResult));
            return;
        }
        var pace = plan.Rate > 0 ? FormattableString.Invariant($"{plan.Rate:0.#} requests a second") : "as fast as answers came";
        Screen.Line($"{Humanize.Count(plan.Connections, "connection")}, {Humanize.Count(plan.BatchEvents, "event")} of about "
            + $"{Humanize.Bytes(plan.EventBytes)} a request, {pace}, {Humanize.Seconds(result.Seconds)}.");
        var answers = Screen.NewTable("Answer", "#Requests", "#A second", "#Events", "#A second");
        var seconds = Math.Max(result.Seconds, 0.001);
        Screen.Row(
            answers,
            "202 accepted",
            Humanize.Count(result.Accepted),
            Humanize.Count((long)result.RequestsPerSecond),
            Humanize.Count(result.Events),
            Humanize.Count((long)result.EventsPerSecond));
        foreach (var (code, count) in result.Refused)
        {
            var shown = code == BenchTally.NoAnswer ? "no answer" : code;
            Screen.Row(answers, shown, Humanize.Count(count), Humanize.Count((long)(count / seconds)), "", "");
        }
        Screen.Show(answers);
        if (result.Unsent > 0)
        {
            Screen.Line($"{Humanize.Count(result.Unsent, "request")} were due and never sent: every connection waited for an answer.");
        }
        var latency = result.LatencyMs;
        Screen.Line($"Accepted within {Humanize.Milliseconds(latency.P50)} (half), {Humanize.Milliseconds(latency.P99)} (99 %), "
            + $"{Humanize.Milliseconds(latency.P999)} (99.9 %), {Humanize.Milliseconds(latency.Max)} (all)"
            + (plan.Rate > 0 ? ", from the moment each was due." : ", from the moment each was sent."));
        if (tally.FirstFailure.Length > 0)
        {
            Screen.Line($"The first without an answer: {tally.FirstFailure}");
        }
    }

    private static BenchResult Result(BenchRun run, BenchTally tally)
    {
        var seconds = run.Took.TotalSeconds;
        var latency = tally.Latency;
        return new BenchResult(
            seconds,
            tally.Accepted,
            tally.Events,
            tally.Accepted / Math.Max(seconds, 0.001),
            tally.Events / Math.Max(seconds, 0.001),
            new SortedDictionary<string, long>(tally.Refused.ToDictionary(), StringComparer.Ordinal),
            run.Unsent,
            new BenchLatency(
                latency.Milliseconds(0.5), latency.Milliseconds(0.99), latency.Milliseconds(0.999), latency.Longest.TotalMilliseconds));
    }
}

/// <summary>What a load was answered with, for scripts. Rates count accepted requests only.</summary>
internal sealed record BenchResult(
    double Seconds,
    long Accepted,
    long Events,
    double RequestsPerSecond,
    double EventsPerSecond,
    SortedDictionary<string, long> Refused,
    long Unsent,
    BenchLatency LatencyMs);

/// <summary>Percentiles of accepted requests, in milliseconds.</summary>
internal sealed record BenchLatency(double P50, double P99, double P999, double Max);

/// <summary>Serializers of the view.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(BenchResult))]
internal sealed partial class BenchJson : JsonSerializerContext;
