using System.CommandLine;
using Ingest.Hosting;
using Ingest.Hosting.Lifecycle;
using Ingest.Hosting.Server;

namespace Ingest.Worker.Commands.Serve;

/// <summary><c>ingest serve</c>: the node.</summary>
internal static class ServeCommand
{
    private const string Name = "serve";

    /// <summary>Whether the command line asks for a node.</summary>
    internal static bool IsMeant(string[] arguments) => GlobalFlags.Command(arguments) == Name;

    internal static Command Create(ShutdownSignals? signals)
    {
        var options = new ServeOptions();
        var command = new Command(Name, "Run a node: take events over HTTP, keep them on disk, deliver them.");
        options.AddTo(command);
        command.SetAction((parsed, _) => RunAsync(options.Read(parsed), signals));
        return command;
    }

    // Read once by System.Net.Sockets, before the first socket: completions run on the threads that wait for sockets, one per processor
    // (docs/decisions/0013-request-threads.md).
    private const string InlineCompletions = "DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS";

    /// <summary>Runs until the node has drained, or its log failed.</summary>
    internal static async Task<int> RunAsync(ServeArguments arguments, ShutdownSignals? signals)
    {
        if (Environment.GetEnvironmentVariable(InlineCompletions) is null)
        {
            Environment.SetEnvironmentVariable(InlineCompletions, "1");
        }
        // Before there are other threads: they inherit it (docs/decisions/0048-short-slices.md).
        SchedulerSlice.Set(SchedulerSlice.Shortest);
        var settings = Configuration.Read(arguments).ThrowIfWrong();
        using var host = IngestServer.Build(
            settings,
            Configuration.Sinks,
            logging => Logs.Configure(logging, settings),
            Operate,
            signals,
            Configuration.Projections);
        var node = host.Services.GetRequiredService<IngestNode>();
        try
        {
            await host.StartAsync();
            await host.WaitForShutdownAsync();
        }
        catch (OperationCanceledException) when (node.Exit.IsCompleted)
        {
            // Told to end while it started: the host calls that interrupted, but the node has drained.
        }
        return node.LogFailure is null ? ExitCode.Fine : ExitCode.LogFailed;
    }

    private static void Operate(IEndpointRouteBuilder endpoints)
    {
        endpoints.MapIngestOperations();
        endpoints.MapConsole();
    }
}
