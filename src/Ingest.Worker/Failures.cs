using System.Net.Sockets;
using Ingest.Hosting.Settings;
using Ingest.Wal.Storage;
using Ingest.Worker.Terminal;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Worker;

/// <summary>Turns what went wrong into a plain sentence and an exit code: a stack trace is no answer at 3 a.m.</summary>
internal static class Failures
{
    /// <summary>Says it on standard error and returns the exit code. What was not foreseen is passed on as it is.</summary>
    internal static int Report(Exception failure)
    {
        if (failure is OperationCanceledException)
        {
            return ExitCode.Interrupted;
        }
        var (code, message) = Explain(failure);
        foreach (var line in message.Split('\n'))
        {
            Console.Error.WriteLine($"ingest: {Visible.Escape(line.TrimEnd())}");
        }
        return code;
    }

    private static (int Code, string Message) Explain(Exception failure) => failure switch
    {
        CommandFailure known => (known.ExitCode, known.Message),
        SettingsException wrong => (ExitCode.NotFine, wrong.Message),
        StorageException storage => Storage(storage),
        SocketException socket => (ExitCode.Unavailable, $"The network said: {socket.Message}."),
        FormatException format => (ExitCode.NotFine, format.Message),
        UnauthorizedAccessException denied => (ExitCode.Unavailable, $"{denied.Message} Run it as the user who owns the files."),
        FileNotFoundException { FileName: { } part } when part.Contains("Version=", StringComparison.Ordinal) => (
            ExitCode.Unavailable,
            $"{part.Split(',')[0]} could not be loaded. Is it there, and may the process open enough files (ulimit -n)?"),
        IOException io => (ExitCode.Unavailable, Io(io)),
        _ => (ExitCode.LogFailed, $"A defect, please report it:\n{failure}"),
    };

    // A method of its own: it needs an assembly that cannot be loaded where nothing can.
    private static string Io(IOException io) => io.InnerException is AddressInUseException
        ? $"{io.Message} Another process listens there; choose another with --intake or --admin."
        : io.Message;

    private static (int Code, string Message) Storage(StorageException storage) => storage.Kind switch
    {
        StorageFailure.InUse => (
            ExitCode.Unavailable,
            $"{Sentence(storage)} Stop the other process first; only one may have the directory."),
        StorageFailure.Denied => (
            ExitCode.Unavailable,
            $"{Sentence(storage)} The directory must be writable: check its owner, and whether the file system is read-only."),
        StorageFailure.Full => (ExitCode.Unavailable, $"{Sentence(storage)} The disk is full: make room, nothing was changed."),
        StorageFailure.NotFound => (ExitCode.Unavailable, $"{Sentence(storage)} Check the path."),
        StorageFailure.NoDirectory => (ExitCode.Unavailable, $"{Sentence(storage)} Something else has that name: check the path."),
        _ => (ExitCode.LogFailed, $"{Sentence(storage)} The disk failed: look at the kernel's log before trusting it again."),
    };

    // What the system says has no full stop.
    private static string Sentence(StorageException storage) => storage.Message.EndsWith('.') ? storage.Message : storage.Message + ".";
}
