using Ingest.DeadLetters;
using Ingest.Publishing;
using Ingest.Publishing.Parking;
using Ingest.Wal.Storage;

namespace Ingest.Simulation.Node;

/// <summary>Gives a node the commands that people give, at any moment.</summary>
internal sealed class Operators(NodeWorld world)
{
    private const int LettersMax = 3;

    private static readonly Func<Operators, SimulatedNode, LaneModel, Task>[] All =
    [
        (self, node, lane) => self.RewindAsync(node, lane),
        (self, node, lane) => self.RequeueAsync(node, lane),
        (self, node, lane) => self.DropAsync(node, lane),
        (self, node, lane) => self.ActOnParkedAsync(node, lane),
        (_, node, lane) => Task.FromResult(node.Lanes.Resume(lane.Name)),
        (self, node, _) => self.SetPolicy(node),
    ];

    /// <summary>Commands given.</summary>
    internal int Commands { get; private set; }

    /// <summary>Any of them, at any lane.</summary>
    internal string Act(SimulatedNode node)
    {
        Commands++;
        var (command, lane) = (world.Random.Next(All.Length), world.Model.Lanes[world.Random.Next(world.Model.Lanes.Count)]);
        _ = ActAsync(All[command], node, lane);
        return $"command {command} at {lane.Name}";
    }

    // Whatever a command meets, it is told, and nothing is lost by it.
    private async Task ActAsync(Func<Operators, SimulatedNode, LaneModel, Task> command, SimulatedNode node, LaneModel lane)
    {
        try
        {
            await command(this, node, lane);
        }
        catch (Exception e) when (e is StorageException or DeadLettersBlockedException or DeadLettersRebuildingException
            or OperationCanceledException or ObjectDisposedException or Disk.PowerCutException)
        {
            world.Trace?.Invoke($"a command failed: {e.Message}");
        }
        catch (Exception e)
        {
            world.Loggers.CreateLogger("").Log(Microsoft.Extensions.Logging.LogLevel.Error, default, e, e, (_, _) => "a command");
        }
    }

    private async Task RewindAsync(SimulatedNode node, LaneModel lane)
    {
        var next = world.Random.NextInt64(0, node.Log.DurableSequence + 2);
        var outcome = await node.Lanes.RewindAsync(lane.Name, next, CancellationToken.None);
        world.Trace?.Invoke($"rewind: {outcome}");
    }

    private async Task RequeueAsync(SimulatedNode node, LaneModel lane)
    {
        var selection = world.Random.Next(3) == 0
            ? DeadLetterSelection.Of(DeadLetterFilter.All)
            : DeadLetterSelection.Of([.. await SomeLettersAsync(node, lane)]);
        await node.DeadLetters.Operations.RequeueAsync(selection, CancellationToken.None);
    }

    private async Task DropAsync(SimulatedNode node, LaneModel lane)
    {
        var letters = await SomeLettersAsync(node, lane);
        if (letters.Count > 0 && !world.Places.Faults.PowerIsCut)
        {
            // Noted before: the command may be durable although its answer is lost.
            lane.GiveUp(letters.Select(key => key.Sequence), isDropped: true);
            await node.DeadLetters.Operations.DropAsync(DeadLetterSelection.Of([.. letters]), CancellationToken.None);
        }
    }

    private static async Task<List<DeadLetterKey>> SomeLettersAsync(SimulatedNode node, LaneModel lane)
    {
        var letters = await node.DeadLetters.Operations.ListAsync(
            new DeadLetterFilter { Lane = lane.Name }, null, LettersMax, CancellationToken.None);
        return [.. letters.Select(letter => letter.Key)];
    }

    private async Task ActOnParkedAsync(SimulatedNode node, LaneModel lane)
    {
        var action = (ParkedAction)world.Random.Next(3);
        var listed = node.Lanes.ListParked(lane.Name, null, 0, world.Random.Next(1, 4)) ?? [];
        List<long> parked = [.. listed.Select(status => status.Sequence)];
        if (parked.Count > 0)
        {
            if (action != ParkedAction.Try)
            {
                lane.GiveUp(parked, isDropped: action == ParkedAction.Drop);
            }
            await node.Lanes.ActOnParkedAsync(lane.Name, new ParkedSelection(null, parked), action, CancellationToken.None)!;
        }
    }

    private Task SetPolicy(SimulatedNode node)
    {
        node.Lanes.SetBreakerFailureRatio(world.Random.Next(3) == 0 ? null : Math.Max(0.01, world.Random.NextDouble()));
        return Task.CompletedTask;
    }
}
