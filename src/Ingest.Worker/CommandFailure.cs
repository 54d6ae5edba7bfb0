namespace Ingest.Worker;

/// <summary>Ends a command with one sentence that says what is wrong and what to do.</summary>
internal sealed class CommandFailure(int exitCode, string message) : Exception(message)
{
    internal int ExitCode { get; } = exitCode;
}
