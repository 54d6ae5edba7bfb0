using System.Runtime.InteropServices;
using Ingest.Drain;

namespace Ingest.Hosting;

/// <summary>Turns SIGTERM and SIGINT into a drain; a second one skips its waits. Nothing else ends the process in the meantime.</summary>
internal sealed class ShutdownSignals : IDisposable
{
    private readonly PosixSignalRegistration[] _registrations;

    internal ShutdownSignals(DrainController drain)
    {
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Handle(context, drain, "SIGTERM")),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Handle(context, drain, "SIGINT")),
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

    private static void Handle(PosixSignalContext context, DrainController drain, string name)
    {
        context.Cancel = true;
        drain.OnSignal(name);
    }
}
