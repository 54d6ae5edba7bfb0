using System.CommandLine;
using System.Globalization;
using Ingest.Worker.Remote;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Debug;

/// <summary><c>ingest debug</c>: files of what the runtime of a running node tells, for tools that read them.</summary>
internal static class DebugCommand
{
    private const int SecondsMax = 300;
    private const int SecondsDefault = 10;
    private const int CopyBytes = 64 * 1024;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    internal static Command Create() => new("debug", "Record what the runtime of a running node does, or what its memory holds.")
    {
        CreateTrace(),
        CreateHeap(),
    };

    private static Command CreateTrace()
    {
        var command = new Command(
            "trace",
            "Record for some seconds where the processors' time goes, collections and locks. For dotnet-trace report, "
            + "PerfView, Visual Studio or speedscope (dotnet-trace convert).");
        var seconds = new Option<int>("--seconds")
        {
            HelpName = "N",
            Description = $"How long, {SecondsMax} at most. Default {SecondsDefault}.",
            DefaultValueFactory = _ => SecondsDefault,
        }.Within(1, SecondsMax);
        command.Add(seconds);
        return Recording(
            command, parsed => string.Create(CultureInfo.InvariantCulture, $"/debug/trace?seconds={parsed.GetValue(seconds)}"), then: "");
    }

    private static Command CreateHeap() => Recording(
        new Command(
            "gcdump", "Collect garbage, and record all objects by type and what holds them; no contents. The node stands meanwhile."),
        _ => "/debug/gcdump",
        " `dotnet-gcdump convert` makes a .gcdump of it.");

    private static Command Recording(Command command, Func<ParseResult, string> path, string then)
    {
        var file = new Option<string?>("--out")
        {
            HelpName = "FILE",
            Description = "A new file to write to. Default the name that the node gives it, here.",
        };
        command.Add(file);
        var address = new AdminAddress();
        address.AddTo(command);
        command.SetAction(async (parsed, cancel) =>
        {
            using var client = address.Connect(parsed);
            var (name, bytes) = await SaveAsync(client, path(parsed), parsed.GetValue(file), cancel);
            Screen.Line($"{Humanize.Bytes(bytes)} in {name}.{then}");
            return ExitCode.Fine;
        });
        return command;
    }

    private static async Task<(string Path, long Bytes)> SaveAsync(
        AdminClient client, string path, string? file, CancellationToken cancel)
    {
        if (file is not null)
        {
            ThrowIfThere(Path.GetFullPath(file));
        }
        using var response = await client.SendAsync(HttpMethod.Get, path, content: null, cancel);
        var named = response.Content.Headers.ContentDisposition?.FileName?.Trim('"') ?? "ingest.nettrace";
        var full = Path.GetFullPath(file ?? Path.GetFileName(named));
        ThrowIfThere(full);
        var partial = full + ".partial";
        try
        {
            var bytes = await CopyAsync(response, partial, cancel);
            File.Move(partial, full);
            return (full, bytes);
        }
        catch (IOException e)
        {
            throw new CommandFailure(ExitCode.Unavailable, $"It ended early: what is in {partial} is not whole. {e.Message}");
        }
    }

    private static async Task<long> CopyAsync(HttpResponseMessage response, string path, CancellationToken cancel)
    {
        // One of an earlier attempt may have another mode.
        File.Delete(path);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }
        await using var output = new FileStream(path, options);
        await using var body = await response.Content.ReadAsStreamAsync(cancel);
        await body.CopyToAsync(output, CopyBytes, cancel);
        return output.Length;
    }

    private static void ThrowIfThere(string path)
    {
        if (File.Exists(path))
        {
            throw new CommandFailure(ExitCode.Unavailable, $"{path} exists.");
        }
    }
}
