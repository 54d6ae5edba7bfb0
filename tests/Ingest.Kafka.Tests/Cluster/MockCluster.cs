using System.Diagnostics;
using System.Globalization;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>librdkafka's mock cluster in its own process (tests/Ingest.MockCluster): real protocol over TCP, faults by command.</summary>
internal sealed class MockCluster : IAsyncDisposable
{
    private readonly Process _process;
    private readonly SemaphoreSlim _one = new(1, 1);

    private MockCluster(Process process, string bootstraps)
    {
        _process = process;
        Bootstraps = bootstraps;
        Ports = [.. bootstraps.Split(',').Select(address => int.Parse(address.Split(':')[1], CultureInfo.InvariantCulture))];
    }

    /// <summary>Addresses of all brokers.</summary>
    internal string Bootstraps { get; }

    /// <summary>Ports of the brokers numbered from 1.</summary>
    internal IReadOnlyList<int> Ports { get; }

    internal static async Task<MockCluster> StartAsync(int brokers = 1)
    {
        var configuration = new DirectoryInfo(AppContext.BaseDirectory).Name;
        var path = Path.Combine(AppContext.BaseDirectory, "../../Ingest.MockCluster", configuration, "Ingest.MockCluster");
        var start = new ProcessStartInfo(path, [brokers.ToString(CultureInfo.InvariantCulture)])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var process = Process.Start(start)!;
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var line = await process.StandardOutput.ReadLineAsync();
        return line?.Split(' ') is ["listening", var bootstraps]
            ? new MockCluster(process, bootstraps)
            : throw new InvalidOperationException($"The mock cluster did not start: '{line}'.");
    }

    internal Task CreateTopicAsync(string topic, int partitions) => CommandAsync($"topic {topic} {partitions}");

    internal Task SetTopicErrorAsync(string topic, int code) => CommandAsync($"topic-error {topic} {code}");

    internal Task SetLeaderAsync(string topic, int partition, int broker) => CommandAsync($"leader {topic} {partition} {broker}");

    internal Task SetDownAsync(int broker) => CommandAsync($"down {broker}");

    internal Task SetUpAsync(int broker) => CommandAsync($"up {broker}");

    internal Task SetRoundTripAsync(int broker, TimeSpan time) => CommandAsync($"rtt {broker} {(int)time.TotalMilliseconds}");

    /// <summary>The next requests of this kind are answered with these codes.</summary>
    internal Task PushErrorsAsync(ApiKey api, params int[] codes) => CommandAsync($"errors {(int)api} {string.Join(' ', codes)}");

    internal Task ClearErrorsAsync(ApiKey api) => CommandAsync($"clear {(int)api}");

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(5), TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            _process.Kill();
        }
        _process.Dispose();
        _one.Dispose();
    }

    private async Task CommandAsync(string command)
    {
        await _one.WaitAsync();
        try
        {
            await _process.StandardInput.WriteLineAsync(command);
            await _process.StandardInput.FlushAsync();
            var answer = await _process.StandardOutput.ReadLineAsync();
            if (answer != "ok")
            {
                throw new InvalidOperationException($"The mock cluster answered '{command}' with '{answer}'.");
            }
        }
        finally
        {
            _one.Release();
        }
    }
}
