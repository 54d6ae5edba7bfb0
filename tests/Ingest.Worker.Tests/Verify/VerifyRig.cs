using System.Diagnostics;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Worker.Tests.Verify;

/// <summary>A node's directory, a journal, and <c>ingest verify</c> in processes of their own.</summary>
internal sealed class VerifyRig : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    internal VerifyRig(string sink, params IEnumerable<(string Key, string Value)> settings) =>
        Setup = new IngestSetup { Data = _directory["data"], Sinks = [sink] }.With(
            settings.Append(("Publishing:BackoffMax", "200ms")).Append(("Publishing:BlockedMax", "1s")));

    internal IngestSetup Setup { get; }

    internal string Journal => _directory["journal"];

    internal string Output => Path.Combine(Setup.Data, "out");

    internal string Url => Setup.Intake.GetLeftPart(UriPartial.Authority);

    /// <summary>Events that have an intent in the journal.</summary>
    internal int Intents => File.Exists(Path.Combine(Journal, "journal"))
        ? ReadShared(Path.Combine(Journal, "journal")).Split('\n').Count(line => line.StartsWith('>'))
        : 0;

    internal Task<CliResult> SendAsync(params string[] words) =>
        Cli.RunAsync(["verify", "send", Url, "--journal", Journal, .. words]);

    internal Task<CliResult> CheckAsync(params string[] words) =>
        Cli.RunAsync(["verify", "check", "--journal", Journal, "--json", "--settle", "1m", .. words]);

    /// <summary>Starts a command that is to be killed.</summary>
    internal static Process Start(params string[] words)
    {
        var process = Process.Start(new ProcessStartInfo(SourceTree.Executable(), ["verify", .. words])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        process.OutputDataReceived += static (_, _) => { };
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        return process;
    }

    internal static void Kill(Process process)
    {
        process.Kill();
        process.WaitForExit();
    }

    /// <summary>A member of a verdict or of what was sent.</summary>
    internal static long Of(CliResult result, string name)
    {
        using var document = JsonDocument.Parse(result.Output);
        return document.RootElement.GetProperty(name).GetInt64();
    }

    public void Dispose() => _directory.Dispose();

    private static string ReadShared(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }
}
