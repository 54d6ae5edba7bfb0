namespace Ingest.Hosting.Server;

/// <summary>Names the listener that a connection came in on: set on the connection, read by the endpoints.</summary>
public sealed class ListenerRole
{
    /// <summary>Producers' listener.</summary>
    public static readonly ListenerRole Intake = new();

    /// <summary>Operators' listener.</summary>
    public static readonly ListenerRole Admin = new();

    private ListenerRole()
    {
    }
}
