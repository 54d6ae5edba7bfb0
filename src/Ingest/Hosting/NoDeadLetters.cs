using Ingest.Publishing;

namespace Ingest.Hosting;

internal sealed class NoDeadLetters : IDeadLetterStore
{
    public ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel) =>
        throw new InvalidOperationException("No dead letters yet.");
}
