namespace Ingest.Hosting;

/// <summary>Says when the node is to leave: drained with the wish to exit, or because the log failed. Any thread.</summary>
internal sealed class NodeExit
{
    private readonly TaskCompletionSource _requested = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Ends when the node is to leave.</summary>
    internal Task Requested => _requested.Task;

    internal void Request() => _requested.TrySetResult();
}
