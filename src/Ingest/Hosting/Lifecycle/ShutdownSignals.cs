using System.Runtime.InteropServices;
using Ingest.Drain;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Turns what asks a process to end into a drain: SIGTERM, SIGINT, SIGQUIT, and SIGHUP, which a terminal sends when it goes away. A second
/// one skips the waits. Nothing else ends the process in the meantime. SIGUSR1 and SIGUSR2, which end a process by default, do nothing.
/// </summary>
/// <remarks>
/// Made by the first statement of a process: from then on no signal ends it. One that comes before there is something to drain is kept
/// until <see cref="Attach"/>, in the order in which they came.
/// </remarks>
public sealed class ShutdownSignals : IDisposable
{
    // Numbers of Linux, the same on x64 and arm64; the enumeration of the base library does not have them.
    private const PosixSignal User1 = (PosixSignal)10;
    private const PosixSignal User2 = (PosixSignal)12;

    // A process that is told to end this often has been told.
    private const int KeptMax = 16;

    private readonly PosixSignalRegistration[] _registrations;
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly List<string> _kept = [];
    private DrainController? _drain;
    private ExitDeadline? _deadline;

    /// <summary>Handles signals from here on.</summary>
    public ShutdownSignals() =>
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, "SIGTERM")),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, "SIGINT")),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => Handle(context, "SIGQUIT")),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Handle(context, "SIGHUP")),
            .. OperatingSystem.IsLinux() ? [Ignore(User1), Ignore(User2)] : Array.Empty<PosixSignalRegistration>(),
        ];

    /// <summary>Gives the drain what came so far and what comes from here on.</summary>
    /// <param name="drain">Begins with the first signal.</param>
    /// <param name="deadline">Runs from the first signal on; disposed of with this.</param>
    internal void Attach(DrainController drain, ExitDeadline deadline)
    {
        lock (_lock)
        {
            (_drain, _deadline) = (drain, deadline);
            _kept.ForEach(Pass);
            _kept.Clear();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
        _deadline?.Dispose();
    }

    private static PosixSignalRegistration Ignore(PosixSignal signal) =>
        PosixSignalRegistration.Create(signal, static context => context.Cancel = true);

    // Under the lock.
    private void Pass(string name)
    {
        _deadline!.Begin();
        _drain!.OnSignal(name);
    }

    private void Handle(PosixSignalContext context, string name)
    {
        context.Cancel = true;
        lock (_lock)
        {
            if (_drain is not null)
            {
                Pass(name);
            }
            else if (_kept.Count < KeptMax)
            {
                _kept.Add(name);
            }
        }
    }
}
