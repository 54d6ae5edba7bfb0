namespace Ingest.Worker;

/// <summary>What a command's exit code means. docs/cli.md says the same to people.</summary>
internal static class ExitCode
{
    /// <summary>Done, and what was asked about is fine.</summary>
    internal const int Fine = 0;

    /// <summary>What was asked about is not fine: damage was found, the configuration is wrong, something is left.</summary>
    internal const int NotFine = 1;

    /// <summary>The command line makes no sense.</summary>
    internal const int Usage = 2;

    /// <summary>Something is in the way: no answer, the directory or the address is in use, the token is wrong.</summary>
    internal const int Unavailable = 3;

    /// <summary>The log or the disk under it failed.</summary>
    internal const int LogFailed = 4;

    /// <summary>Interrupted from the keyboard.</summary>
    internal const int Interrupted = 130;
}
