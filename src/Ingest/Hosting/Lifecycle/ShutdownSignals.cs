using System.Runtime.InteropServices;
using Ingest.Drain;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Starts a drain when a signal asks the process to end: SIGTERM, SIGINT, SIGQUIT, and SIGHUP, which a terminal sends
/// when it goes away. Each further signal skips the drain's waits. The signals themselves never end the process; the
/// drain does, or the exit deadline when the drain takes too long. SIGUSR1 and SIGUSR2, which end a process by default,
/// do nothing.
/// </summary>
/// <remarks>
/// <c>ingest serve</c> creates it in its first statement; from then on none of these signals ends the process by
/// default. Signals that arrive before <see cref="Attach"/> are kept and passed on then, in order of arrival.
/// </remarks>
public sealed class ShutdownSignals : IDisposable
{
    // Linux signal numbers, equal on x64 and arm64; PosixSignal has no members for them.
    private const PosixSignal User1 = (PosixSignal)10;
    private const PosixSignal User2 = (PosixSignal)12;

    // Most signals kept before Attach; further ones would change nothing.
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

    /// <summary>Passes the signals kept so far, and every later one, to the drain.</summary>
    /// <param name="drain">The drain, which the first signal starts.</param>
    /// <param name="deadline">The exit deadline, which the first signal starts; disposed of with this object.</param>
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
