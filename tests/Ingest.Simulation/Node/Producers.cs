using System.Globalization;
using System.Text;
using Ingest.Events;
using Ingest.Queue;
using Ingest.Wal.Writing;

namespace Ingest.Simulation.Node;

/// <summary>Sends events to the node, and notes what it was promised.</summary>
internal sealed class Producers(NodeWorld world)
{
    private static readonly string[] Streams = ["orders", "clicks", "logs"];

    private readonly int _keys = NodeSetup.Pick(world.Random, 1, 3, 40);

    /// <summary>Answers by kind.</summary>
    internal Dictionary<CommitStatus, int> Answers { get; } = [];

    /// <summary>Hands one batch over, if the node takes any.</summary>
    internal void Submit(SimulatedNode node)
    {
        var random = world.Random;
        if (node.Gate.Current is not null)
        {
            return;
        }
        var stream = Streams[random.Next(Streams.Length)];
        var events = new List<SubmittedEvent>();
        var batch = RecordBatch.Rent();
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            var key = random.Next(4) == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $"k{random.Next(_keys)}");
            var submitted = world.Model.Submit(stream, key);
            events.Add(submitted);
            Write(batch, submitted, NodeSetup.Pick(random, 0, 0, 0, random.Next(600)));
        }
        _ = SubmitAsync(node, batch, stream, events);
    }

    private async Task SubmitAsync(SimulatedNode node, RecordBatch batch, string stream, List<SubmittedEvent> events)
    {
        var (life, wasPoisoned) = (world.Life, node.Log.Poison is not null);
        node.RequestsInFlight++;
        var receipt = await node.Queue.SubmitAsync(batch, stream, CancellationToken.None);
        node.RequestsInFlight--;
        if (life != world.Life || world.Places.Faults.PowerIsCut)
        {
            return;
        }
        Answers[receipt.Status] = Answers.GetValueOrDefault(receipt.Status) + 1;
        world.Trace?.Invoke($"{receipt.Status} {receipt.First} to {receipt.Last}");
        if (receipt.Status == CommitStatus.Durable)
        {
            Note(events, receipt, wasPoisoned);
        }
    }

    private void Note(List<SubmittedEvent> events, CommitReceipt receipt, bool wasPoisoned)
    {
        try
        {
            NodeChecks.Require(!wasPoisoned, $"{receipt.First} was acknowledged by a log that had failed.");
            world.Model.Acknowledge(events, receipt.First, receipt.Last);
        }
        catch (NodeModelException e)
        {
            // The task has no awaiter that would see it.
            world.Model.Broken ??= e;
        }
    }

    // The payload is the event's id, padded.
    private static void Write(RecordBatch batch, SubmittedEvent submitted, int padding)
    {
        batch.BeginRecord();
        var (stream, key) = (Encoding.UTF8.GetBytes(submitted.Stream), Encoding.UTF8.GetBytes(submitted.Key));
        EventEncoder.WriteHead(batch, EventFormat.Json, 1, stream, default, key, default, default);
        var payload = Encoding.UTF8.GetBytes(submitted.Id.ToString(CultureInfo.InvariantCulture).PadLeft(Math.Max(padding, 1), '0'));
        payload.CopyTo(batch.GetSpan(payload.Length));
        batch.Advance(payload.Length);
        batch.EndRecord();
    }
}
