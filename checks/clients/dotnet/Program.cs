using Clients;

// clients NAME, the rest in the environment: URL, KEY, FROM, COUNT, PACE.
var surroundings = new Surroundings();
await (args[0] switch
{
    "otlp-traces" => Otlp.TracesAsync(surroundings),
    "otlp-metrics" => Otlp.MetricsAsync(surroundings),
    "otlp-logs" => Otlp.LogsAsync(surroundings),
    "otlp-grpc-traces" => Otlp.TracesAsync(surroundings, isGrpc: true),
    "otlp-grpc-metrics" => Otlp.MetricsAsync(surroundings, isGrpc: true),
    "otlp-grpc-logs" => Otlp.LogsAsync(surroundings, isGrpc: true),
    "serilog-otlp" => Loggers.OpenTelemetryAsync(surroundings),
    "serilog-seq" => Loggers.SeqAsync(surroundings),
    "elastic" => Bulks.ElasticAsync(surroundings),
    "nest" => Bulks.NestAsync(surroundings),
    "cloudevents" => Posts.CloudEventsAsync(surroundings),
    "standardwebhooks" => Posts.StandardWebhooksAsync(surroundings),
    var unknown => throw new ArgumentException(unknown),
});
Report.Done();

/// <summary>What the harness says: where to, with which key, and which events how fast.</summary>
internal sealed class Surroundings
{
    internal string Url { get; } = Of("URL");

    internal string Key { get; } = Of("KEY");

    /// <summary>Numbers and marks of the events, as fast as they are to be sent.</summary>
    internal async IAsyncEnumerable<(int Number, string Mark)> EventsAsync()
    {
        var (first, count, pace) = (int.Parse(Of("FROM")), int.Parse(Of("COUNT")), int.Parse(Of("PACE")));
        for (var number = first; number < first + count; number++)
        {
            Report.Sent(number);
            yield return (number, $"evt-{number:D6}");
            await Task.Delay(pace);
        }
    }

    private static string Of(string name) => Environment.GetEnvironmentVariable(name) ?? throw new ArgumentException(name);
}
