using Ingest.Publishing.Accounting;
using Ingest.Publishing.Lanes;
using Ingest.Wal;
using Microsoft.Extensions.Logging;

namespace Ingest.DeadLetters.Publication;

/// <summary>
/// Publishes dead letters as they become durable: a lane of its own over their log, with its own position, window, breaker and waits. No
/// other lane ever waits for it, and nothing is kept for its sake: a letter that is resolved before it could be published may not be.
/// </summary>
internal sealed class DeadLetterPublisher : IAsyncDisposable
{
    private readonly Lane _lane;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private bool _started;

    /// <exception cref="Ingest.Wal.Storage.StorageException">The position cannot be read or saved.</exception>
    /// <exception cref="InvalidOperationException">The sink's settings are wrong.</exception>
    internal DeadLetterPublisher(
        DeadLetterPublication publication, WriteAheadLog letters, Instruments instruments, TimeProvider time, ILogger logger)
    {
        (_patience, _time) = (publication.Options.StopGrace, time);
        BeginAtEnd(letters, publication.Name);
        _lane = new Lane(new LaneContext
        {
            Name = publication.Name,
            Kind = publication.Kind,
            Sink = publication.Create(letters),
            Log = letters,
            Records = new DeadLetterEvents(publication.EpochOf).TryMake,
            Options = publication.Options,
            DeadLetters = new UnpublishedDeadLetters(logger),
            Instruments = instruments,
            Time = time,
            Logger = logger,
            Random = new Random(),
        });
    }

    /// <summary>Letters up to this position are published for good. Any thread.</summary>
    internal long PublishedTo => _lane.Saved;

    /// <summary>How far it is. Any thread.</summary>
    internal LaneStatus Status => _lane.Status();

    internal void Start()
    {
        _started = true;
        _lane.Start();
    }

    /// <inheritdoc cref="DisposeAsync(bool)"/>
    public ValueTask DisposeAsync() => DisposeAsync(publishesRest: true);

    /// <summary>Stops.</summary>
    /// <param name="publishesRest">Gives what waits to be published a moment; the next start publishes what is left then.</param>
    internal async ValueTask DisposeAsync(bool publishesRest)
    {
        if (_started && publishesRest)
        {
            _lane.Drain(on: true);
            await _lane.WhenEmptyAsync().WaitAsync(_patience, _time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
        await _lane.DisposeAsync();
    }

    // What became a letter before anybody wanted it published is not. A position of another log says nothing here.
    private static void BeginAtEnd(WriteAheadLog letters, string name)
    {
        using var cursor = letters.OpenCursor(name);
        var end = letters.DurableSequence;
        if (!cursor.Damaged && (!cursor.Existed || cursor.Sequence > end))
        {
            cursor.Save(end, new LaneAccounts(end).Encode());
        }
    }
}
