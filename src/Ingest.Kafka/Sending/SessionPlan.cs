namespace Ingest.Kafka;

/// <summary>Decides which producer is needed. Pure; only with the turn.</summary>
internal sealed class SessionPlan
{
    // librdkafka's default batch.size, where halving starts, and the least that is worth a request.
    private const int BatchBytesDefault = 1_000_000;
    private const int BatchBytesMin = 16 * 1024;

    /// <summary>How the next producer sends.</summary>
    internal SendMode Mode { get; private set; }

    /// <summary>Most bytes of its batches; null for the client's default.</summary>
    internal int? BatchBytesMax { get; private set; }

    /// <summary>Whether this producer has done its work: it died, or it was careful and nothing is left to be careful about.</summary>
    internal static bool MustReplace(ProducerRoom producer, IsolationSet suspects) =>
        producer.IsDead || (producer.Mode == SendMode.Careful && !suspects.Any && producer.Events == 0);

    /// <summary>Decides on the next producer. The new size of batches when they turned out to be too large for a topic, else
    /// null.</summary>
    internal int? Next(IsolationSet suspects)
    {
        Mode = suspects.Any ? SendMode.Careful : SendMode.Fast;
        if (Mode == SendMode.Careful || !suspects.TakeBatchesTooLarge())
        {
            return null;
        }
        BatchBytesMax = Halved(BatchBytesMax);
        return BatchBytesMax;
    }

    /// <summary>Most bytes of batches after those with so many (null: the client's default) were larger than a topic takes.</summary>
    internal static int Halved(int? batchBytesMax) => Math.Max(BatchBytesMin, (batchBytesMax ?? BatchBytesDefault) / 2);
}
