using System.Diagnostics;
using System.Globalization;
using System.Net;

namespace Ingest.Testing;

/// <summary>The real executable, serving on loopback ports. Disposing kills it.</summary>
public sealed class IngestProcess : IDisposable
{
    private const int OutputLinesMax = 2000;

    private static readonly HttpClient Http = new(new SocketsHttpHandler { PooledConnectionLifetime = TimeSpan.Zero })
    {
        Timeout = TimeSpan.FromSeconds(5),
    };

    private readonly Process _process;
    private readonly Queue<string> _output = new();

    private IngestProcess(IngestSetup setup)
    {
        Setup = setup;
        StartedAt = TimeProvider.System.GetTimestamp();
        string[] command = [.. ProcessLauncher.Leash, .. setup.Wrapper];
        // Under a wrapper the node has a leash of its own: a tracer that is killed would otherwise leave it running.
        command = setup.Wrapper.Count == 0 ? command : [.. command, .. ProcessLauncher.Leash];
        var parent = Path.GetDirectoryName(Path.GetFullPath(setup.Data))!;
        _process = ProcessLauncher.Start([.. command, SourceTree.Executable(), .. setup.Arguments], parent, setup.Environment);
        _process.OutputDataReceived += Keep;
        _process.ErrorDataReceived += Keep;
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>How it was started.</summary>
    public IngestSetup Setup { get; }

    /// <summary>Timestamp of the start, of <see cref="TimeProvider.System"/>.</summary>
    public long StartedAt { get; }

    /// <summary>The process has ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>The node's process id; under a wrapper that of the wrapper's child, 0 while there is none.</summary>
    public int Pid => Setup.Wrapper.Count == 0 ? _process.Id : ChildOf(_process.Id);

    /// <summary>What the node has had of the processors so far; of a wrapper, where there is one.</summary>
    public TimeSpan ProcessorTime
    {
        get
        {
            _process.Refresh();
            return _process.TotalProcessorTime;
        }
    }

    /// <summary>Resident memory of the node now, in bytes.</summary>
    public long ResidentBytes =>
        File.ReadLines($"/proc/{Pid}/status")
            .Where(line => line.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(line => line["VmRSS:".Length..^" kB".Length].Trim())
            .Select(kibibytes => long.Parse(kibibytes, NumberStyles.None, CultureInfo.InvariantCulture) * 1024)
            .Single();

    /// <summary>The last lines the node has printed, standard output and error together.</summary>
    public string Output
    {
        get
        {
            lock (_output)
            {
                return string.Join('\n', _output);
            }
        }
    }

    /// <summary>Starts the node and returns at once.</summary>
    public static IngestProcess Start(IngestSetup setup) => new(setup);

    /// <summary>Starts the node and waits until it is ready.</summary>
    public static async Task<IngestProcess> StartReadyAsync(IngestSetup setup, TimeSpan? deadline = null)
    {
        var node = Start(setup);
        try
        {
            await node.ReadyAsync(deadline);
            return node;
        }
        catch
        {
            node.Dispose();
            throw;
        }
    }

    /// <summary>Waits until readiness is 200 and returns the time since the start; fails when the node exits before.</summary>
    public async Task<TimeSpan> ReadyAsync(TimeSpan? deadline = null)
    {
        try
        {
            await Poll.Until("the node is ready", async () => HasExited || await ReadinessAsync() == HttpStatusCode.OK, deadline);
        }
        catch (TimeoutException e)
        {
            throw new TimeoutException($"{e.Message}. Its output:\n{Output}", e);
        }
        var took = TimeProvider.System.GetElapsedTime(StartedAt);
        return HasExited
            ? throw new InvalidOperationException($"The node ended with {_process.ExitCode} before it was ready. Its output:\n{Output}")
            : took;
    }

    /// <summary>The answer of <c>/health/ready</c>; null without an answer.</summary>
    public async Task<HttpStatusCode?> ReadinessAsync()
    {
        try
        {
            using var answer = await Http.GetAsync(new Uri(Setup.Intake, "/health/ready"));
            return answer.StatusCode;
        }
        catch (Exception e) when (e is HttpRequestException or TaskCanceledException)
        {
            return null;
        }
    }

    /// <summary>SIGKILL, and waits until the kernel has done it.</summary>
    public async Task KillAsync()
    {
        Signal(ProcessSignal.Kill);
        await ExitAsync();
    }

    /// <summary>SIGTERM.</summary>
    public void Terminate() => Signal(ProcessSignal.Terminate);

    /// <summary>Any signal, by its number.</summary>
    public void Send(int signal) => Signal(signal);

    /// <summary>Waits for the end and returns the exit code (128 + signal when a signal ended it).</summary>
    public async Task<int> ExitAsync(TimeSpan? deadline = null)
    {
        var limit = deadline ?? TimeSpan.FromSeconds(60);
        using var timeout = new CancellationTokenSource(limit, TimeProvider.System);
        try
        {
            await _process.WaitForExitAsync(timeout.Token);
        }
        catch (OperationCanceledException)
        {
            throw new TimeoutException($"The node did not end within {limit}. Its output:\n{Output}");
        }
        return _process.ExitCode;
    }

    /// <summary>SIGTERM, and the exit code.</summary>
    public async Task<int> StopAsync(TimeSpan? deadline = null)
    {
        Terminate();
        return await ExitAsync(deadline);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Signal(ProcessSignal.Kill);
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    private void Signal(int signal)
    {
        // Only while it has not been waited for: afterwards the number may be another process's.
        if (!_process.HasExited && Pid is var pid and not 0)
        {
            ProcessSignal.Send(pid, signal);
        }
    }

    private static int ChildOf(int pid)
    {
        try
        {
            var children = File.ReadAllText($"/proc/{pid}/task/{pid}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries);
            return children.Length == 0 ? 0 : int.Parse(children[0], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    private void Keep(object sender, DataReceivedEventArgs line)
    {
        if (line.Data is null)
        {
            return;
        }
        lock (_output)
        {
            _output.Enqueue(line.Data);
            if (_output.Count > OutputLinesMax)
            {
                _output.Dequeue();
            }
        }
    }
}
