using Ingest.Publishing.Lanes;

namespace Ingest.Publishing.Sessions;

/// <summary>What a lane does while its cursor makes no sense in the log: it waits until an operator says where it goes on.</summary>
internal sealed class RefusedSession(ILaneHost host, LaneContext context, LaneCursor cursor)
{
    /// <summary>Ends when the cursor is set, or the lane stops and its signal is set.</summary>
    internal async Task RunAsync(string refusal, CancellationToken stop)
    {
        Log.CursorRefused(context.Logger, context.Name, refusal);
        while (!stop.IsCancellationRequested)
        {
            await host.Signal.WaitAsync();
            while (host.Commands.TryDequeue(out var command))
            {
                if (command is RewindCommand rewind && TryRestart(rewind))
                {
                    return;
                }
                // Settlements of dead letters are offered again to the accounts that begin then.
                (command as RequeueCommand)?.Request.End();
                (command as ParkedCommand)?.Done.TrySetResult(null);
            }
        }
    }

    private bool TryRestart(RewindCommand rewind)
    {
        var (first, last) = (context.Log.FirstSequence, context.Log.DurableSequence + 1);
        if (rewind.Next < first || rewind.Next > last)
        {
            rewind.Done.TrySetResult(new(RewindStatus.OutOfRange, $"Lane {context.Name} can begin at any event from {first} to {last}."));
            return false;
        }
        cursor.Restart(rewind.Next - 1);
        if (!cursor.TrySave(rewind.Next - 1))
        {
            rewind.Done.TrySetResult(new(RewindStatus.Failed, "The cursor could not be saved."));
            return false;
        }
        context.BeganAnew();
        rewind.Done.TrySetResult(new(RewindStatus.Done));
        return true;
    }
}
