using System.Globalization;
using System.Text;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Probing;

/// <summary>
/// A load balancer that does not take health's word for it: it asks whether the node is ready, with an event sent before and another after.
/// Where both events fared alike, health must have said the same: ready and taken, or not ready and refused (or taken with the wish to
/// close). Where they did not, the state changed in between, and either answer was true.
/// </summary>
internal sealed class HealthProbe : IDisposable
{
    /// <summary>What a load balancer asks.</summary>
    internal static readonly byte[] Question = Encoding.ASCII.GetBytes("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
    private static readonly byte[] Event =
        Encoding.ASCII.GetBytes("POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Length: 11\r\n\r\n{\"probe\":1}");

    private readonly BlockingConnection _health;
    private readonly BlockingConnection _intake;
    private readonly Thread _thread;
    private volatile bool _stop;
    private volatile int _probes;

    internal HealthProbe(IngestSetup setup)
    {
        (_health, _intake) = (new BlockingConnection(setup.IntakePort), new BlockingConnection(setup.IntakePort));
        _thread = new Thread(Run) { Name = "health-probe" };
        _thread.Start();
    }

    /// <summary>Questions asked.</summary>
    internal int Probes => _probes;

    /// <summary>Of these, with the same answers to the events around them. Read after <see cref="Stop"/>.</summary>
    internal int Judged { get; private set; }

    /// <summary>What was wrong. Read after <see cref="Stop"/>.</summary>
    internal List<string> Wrong { get; } = [];

    /// <summary>Judged answers by what was expected of them. Read after <see cref="Stop"/>.</summary>
    internal Dictionary<string, int> Seen { get; } = [];

    /// <summary>What the event before fared, and how long the answer took, in milliseconds. Read after <see cref="Stop"/>.</summary>
    internal List<(string Fate, double Milliseconds)> Latencies { get; } = [];

    /// <summary>Ends it, and waits for that.</summary>
    internal void Stop()
    {
        _stop = true;
        _thread.Join();
    }

    public void Dispose()
    {
        Stop();
        _health.Dispose();
        _intake.Dispose();
    }

    private void Run()
    {
        Niceness.PutAbove();
        var before = Fate();
        while (!_stop)
        {
            if (!_health.TryConnect())
            {
                return;
            }
            var start = TimeProvider.System.GetTimestamp();
            var (status, _, body) = _health.Ask(Question);
            var took = TimeProvider.System.GetElapsedTime(start).TotalMilliseconds;
            var after = Fate();
            if (status != 0)
            {
                _probes++;
                Latencies.Add((before, took));
                Judge(before, status, body, after);
            }
            before = after;
        }
    }

    private void Judge(string before, int status, string body, string after)
    {
        if (before != after || before.Length == 0)
        {
            return;
        }
        Judged++;
        Seen[before] = Seen.GetValueOrDefault(before) + 1;
        if (status == 200 != (before == "taken"))
        {
            Wrong.Add(string.Create(CultureInfo.InvariantCulture, $"events {before}, health {status} {body}"));
        }
    }

    /// <summary>What became of an event; empty where that says nothing about readiness.</summary>
    private string Fate()
    {
        var (status, close, body) = _intake.Ask(Event);
        string[] codes = ["draining", "disk_pressure", "memory_pressure", "policy_refused", "log_failed", "starting"];
        return (status, close) switch
        {
            (202, false) => "taken",
            (202, true) => "taken with close",
            (503, _) => Array.Find(codes, code => body.Contains($"\"{code}\"", StringComparison.Ordinal)) ?? "",
            _ => "",
        };
    }
}
