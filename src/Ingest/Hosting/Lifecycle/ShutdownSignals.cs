using System.Runtime.InteropServices;
using Ingest.Drain;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// Turns what asks a process to end into a drain: SIGTERM, SIGINT, SIGQUIT, and SIGHUP, which a terminal sends when it goes away. A second
/// one skips the waits. Nothing else ends the process in the meantime. One that comes while the node opens waits for that.
/// </summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    internal ShutdownSignals(DrainController drain, Task opened)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, drain, opened, "SIGTERM")),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, drain, opened, "SIGINT")),
            PosixSignalRegistration.Create(PosixSignal.SIGQUIT, context => Handle(context, drain, opened, "SIGQUIT")),
            PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => Handle(context, drain, opened, "SIGHUP")),
        ];
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var registration in _registrations)
        {
            registration.Dispose();
        }
    }

    private static void Handle(PosixSignalContext context, DrainController drain, Task opened, string name)
    {
        context.Cancel = true;
        _ = DrainAsync(drain, opened, name);
    }

    private static async Task DrainAsync(DrainController drain, Task opened, string name)
    {
        await opened;
        drain.OnSignal(name);
    }
}
