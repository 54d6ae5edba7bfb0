using Ingest.DeadLetters;
using Ingest.Drain;
using Ingest.Health;
using Ingest.Health.Policy;
using Ingest.Hosting.Settings;
using Ingest.Intake;
using Ingest.Intake.Http;
using Ingest.Operations.Audit;
using Ingest.Publishing.Lanes;

namespace Ingest.Hosting;

/// <summary>
/// A node as the application around it sees it. Its stations are there from the start of the host, before anything listens, until the host
/// is disposed of.
/// </summary>
public sealed class IngestNode
{
    private readonly NodeContext _context;
    private readonly NodeExit _exit;
    private readonly TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private OpenNode? _stations;

    /// <summary>A node that has not touched the disk yet.</summary>
    internal IngestNode(NodeContext context, NodeExit exit, AuditTrail audit) => (_context, _exit, Audit) = (context, exit, audit);

    /// <summary>The settings the node was made from.</summary>
    public NodeSettings Settings => _context.Settings;

    /// <summary>The sequence that stops the node.</summary>
    public DrainController Drain => Stations.Drain;

    /// <summary>What probes are answered.</summary>
    public HealthState Health => Stations.Health.State;

    /// <summary>Whether intake accepts, and why not.</summary>
    public AdmissionGate Gate => _context.Gate;

    /// <summary>The lanes.</summary>
    public LaneSet Lanes => Stations.Lanes;

    /// <summary>The operator's policy.</summary>
    public PolicyFile Policy => Stations.Policy;

    /// <summary>What operators did.</summary>
    public AuditTrail Audit { get; }

    /// <summary>Events that sinks refused.</summary>
    public DeadLetterStore DeadLetters => Stations.DeadLetters;

    /// <summary>Ends when the node is to leave: drained with the wish to exit, or because the log failed.</summary>
    public Task Exit => _exit.Requested;

    /// <summary>Why the log failed; null while it is sound.</summary>
    public string? LogFailure => _stations?.Writing.Failure;

    /// <summary>Bytes of requests' bodies intake takes at most, decompressed or not.</summary>
    public long BodyBytesMax => Settings.Get<IntakeOptions>().BodyBytesMax;

    /// <summary>Where the log lies, absolute.</summary>
    public string LogDirectory => _context.WalPath;

    /// <summary>Ends when there is something to drain. Never, where the node cannot be opened.</summary>
    internal Task Opened => _opened.Task;

    internal OpenNode Stations => _stations ?? throw new InvalidOperationException("The node has not been opened.");

    internal IntakeEndpoint Intake => Stations.Intake;

    internal NodeLog Writing => Stations.Writing;

    /// <summary>The stations are open.</summary>
    internal void Open(OpenNode stations)
    {
        _stations = stations;
        _opened.SetResult();
    }
}
