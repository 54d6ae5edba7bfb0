using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>Repeats a call of a transaction while its outcome is not known and another try may tell it.</summary>
/// <param name="time">The clock.</param>
/// <param name="grace">How long there is left when the sink closes.</param>
/// <param name="closing">The sink closes.</param>
internal sealed class TransactionCalls(TimeProvider time, TimeSpan grace, CancellationToken closing)
{
    // Short enough for a sink that closes to be heard.
    private static readonly TimeSpan Slice = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);

    /// <summary>Calls until it succeeds, or fails in a way that a repeat does not change, or the time is up.</summary>
    /// <exception cref="KafkaException">What the last call failed with.</exception>
    internal void Repeat(Action<TimeSpan> call, TimeSpan limit)
    {
        var start = time.GetTimestamp();
        while (true)
        {
            var left = (closing.IsCancellationRequested && grace < limit ? grace : limit) - time.GetElapsedTime(start);
            try
            {
                call(left < Slice ? (left > Pause ? left : Pause) : Slice);
                return;
            }
            catch (KafkaRetriableException) when (left > Pause)
            {
                closing.WaitHandle.WaitOne(Pause);
            }
        }
    }
}
