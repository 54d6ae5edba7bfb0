using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>An HTTP server that refuses one stream, key or event.</summary>
internal sealed class HttpReceiver : IReceiver
{
    private static readonly TimeSpan SlowDelay = TimeSpan.FromSeconds(1);

    private readonly Refusal _refusal;
    private readonly HttpDownstream _server;
    private readonly Lock _lock = new();
    private readonly List<Taken> _taken = [];
    private volatile bool _isMended;

    private HttpReceiver(Refusal refusal, HttpDownstream server)
    {
        (_refusal, _server) = (refusal, server);
        server.Answer = Answer;
    }

    public IReadOnlyList<(string Key, string Value)> Settings =>
    [
        ("Sinks:Http:Url", _server.Url + (_refusal.What == Bad.Stream ? "in/{stream}" : "in")),
        ("Sinks:Http:Format", "ndjson"),
    ];

    internal static async Task<HttpReceiver> StartAsync(Refusal refusal) => new(refusal, await HttpDownstream.StartAsync());

    public IReadOnlyList<Taken> All()
    {
        lock (_lock)
        {
            return [.. _taken];
        }
    }

    public void Mend() => _isMended = true;

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    private DownstreamAnswer Answer(DownstreamRequest request)
    {
        var events = request.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(IsolationEvent.OfLine).ToList();
        var isBad = !_isMended && events.Exists(one => one.IsBad(_refusal.What));
        if (isBad && !_refusal.IsSlow)
        {
            return _refusal.How switch
            {
                "no answer" => new DownstreamAnswer(0) { Fault = DownstreamFault.Hang },
                "reset" => new DownstreamAnswer(0) { Fault = DownstreamFault.Reset },
                "503, Retry-After: 5" => new DownstreamAnswer(503)
                {
                    Headers = new Dictionary<string, string> { ["Retry-After"] = "5" },
                },
                _ => new DownstreamAnswer(_refusal.Code),
            };
        }
        lock (_lock)
        {
            _taken.AddRange(events.Select(one => new Taken(one.Name, one.Number)));
        }
        return new DownstreamAnswer(204) { Delay = isBad ? SlowDelay : TimeSpan.Zero };
    }
}

/// <summary>An event of the table: who it is of, and whether it is the one that is refused.</summary>
internal readonly record struct IsolationEvent(string Name, int Number, bool IsPoison)
{
    /// <summary>The stream or key that is refused.</summary>
    internal const string BadName = "bad";

    internal string Json => $$"""{"name":"{{Name}}","n":{{Number}},"poison":{{(IsPoison ? "true" : "false")}}}""";

    internal bool IsBad(Bad what) => what == Bad.Event ? IsPoison : Name == BadName;

    /// <summary>Reads a line of the NDJSON format.</summary>
    internal static IsolationEvent OfLine(string line)
    {
        using var document = JsonDocument.Parse(line);
        var data = document.RootElement.GetProperty("data");
        return new(data.GetProperty("name").GetString()!, data.GetProperty("n").GetInt32(), data.GetProperty("poison").GetBoolean());
    }
}
