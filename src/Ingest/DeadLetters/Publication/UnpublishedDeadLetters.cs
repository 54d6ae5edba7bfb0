using Ingest.Publishing;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Publication;

/// <summary>Dead letters that the sink they are published to refuses as well: they are kept already, so saying it is enough.</summary>
internal sealed class UnpublishedDeadLetters(ILogger logger) : IDeadLetterStore
{
    public ValueTask StoreAsync(string lane, IReadOnlyList<RejectedEvent> rejected, CancellationToken cancel)
    {
        Log.NotPublished(logger, lane, rejected.Count, rejected[0].Reason);
        return ValueTask.CompletedTask;
    }
}
