using System.Text;
using Ingest.Events;
using Ingest.Intake.Producers;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Intake.Producers;

/// <summary>
/// The log of a history and the model beside it: what is stored is checked as it is stored. Each number of an epoch comes once, after the
/// one before it, and no epoch comes after a later one.
/// </summary>
internal sealed class StoredNumbers
{
    private readonly Dictionary<UInt128, (long Epoch, long Next)> _last = [];
    private readonly Dictionary<(UInt128 Identity, long Epoch, long Number), (long Position, string Payload)> _stored = [];

    internal List<byte[]> Log { get; } = [];

    internal long Append(in ProducerMark mark, RecordBatch batch)
    {
        var first = Log.Count + 1L;
        var (epoch, next) = _last.GetValueOrDefault(mark.Identity, (-1L, 0L));
        Assert.True(mark.Epoch >= epoch, $"Epoch {mark.Epoch} was stored after {epoch}.");
        Assert.Equal(mark.Epoch == epoch ? next : 0, mark.First);
        var number = mark.First;
        foreach (var body in NumberedBatch.Bodies(batch))
        {
            Log.Add(body);
            Assert.True(StoredEvent.TryRead(Log.Count, body, out var stored));
            _stored.Add((mark.Identity, mark.Epoch, number++), (Log.Count, Encoding.UTF8.GetString(stored.Payload.Span)));
        }
        _last[mark.Identity] = (mark.Epoch, number);
        return first;
    }

    /// <summary>The number that is next in an epoch, were nothing under way.</summary>
    internal long NextOf(UInt128 identity, long epoch) =>
        _last.TryGetValue(identity, out var last) && last.Epoch == epoch ? last.Next : 0;

    internal (long Position, string Payload)? Find(UInt128 identity, long epoch, long number) =>
        _stored.TryGetValue((identity, epoch, number), out var found) ? found : null;
}
