using System.Diagnostics;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Rig;

/// <summary><c>ingest verify</c> on a node: sends to it for as long as a test lasts, and judges what readers see in the end.</summary>
/// <param name="node">The node.</param>
/// <param name="stream">The stream, and the topic its events go to.</param>
internal sealed class VerifyRun(KafkaNode node, string stream = KafkaNode.Topic)
{
    private string Journal => node[$"verify-{stream}"];

    /// <summary>
    /// Sends, one run after the other with the same journal, until there is an end; each event is answered or given up then.
    /// </summary>
    /// <param name="runTime">How long a run sends.</param>
    /// <param name="end">The end.</param>
    internal async Task SendUntilAsync(string runTime, CancellationToken end)
    {
        while (!end.IsCancellationRequested)
        {
            await RunAsync(
                "verify", "send", node.Setup.Intake.GetLeftPart(UriPartial.Authority), "--journal", Journal, "--stream", stream,
                "--duration", runTime, "--rate", "100", "--batch", "4", "--timeout", "5s", "--json");
        }
    }

    /// <summary>
    /// Holds what a reader of committed messages sees against the journal: each partition becomes a file, in the order of offsets.
    /// </summary>
    internal async Task<JsonElement> JudgeAsync()
    {
        var records = await node.Cluster.ReadCommittedAsync(stream);
        var files = node[$"seen-{stream}"];
        Directory.CreateDirectory(files);
        foreach (var partition in records.GroupBy(record => record.Partition))
        {
            await File.WriteAllLinesAsync(Path.Combine(files, $"{partition.Key}.ndjson"), partition.Select(record => record.Text));
        }
        var (code, output) = await RunAsync(
            "verify", "check", "--journal", Journal, "--file", files, "--settle", "100ms", "--no-duplicates", "--json");
        Assert.True(code is 0 or 1, output);
        using var verdict = JsonDocument.Parse(output);
        return verdict.RootElement.Clone();
    }

    private static async Task<(int Code, string Output)> RunAsync(params string[] words)
    {
        using var process = Process.Start(new ProcessStartInfo(SourceTree.Executable(), words)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var errors = process.StandardError.ReadToEndAsync();
        var output = await process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync();
        return (process.ExitCode, process.ExitCode is 0 or 1 ? output : await errors);
    }
}
