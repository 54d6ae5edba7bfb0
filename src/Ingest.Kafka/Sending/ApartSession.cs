namespace Ingest.Kafka;

/// <summary>
/// The producer for topics that made trouble: made when it is needed, so that a refusal for good stops no other topic's events. It sends
/// carefully. Only with the turn.
/// </summary>
/// <param name="ledger">What the client holds.</param>
/// <param name="make">Makes the producer.</param>
/// <param name="closeTimeout">How long its end may take.</param>
internal sealed class ApartSession(InFlightLedger ledger, Func<IProducerSession> make, TimeSpan closeTimeout)
{
    private IProducerSession? _session;
    private Task _closing = Task.CompletedTask;

    /// <summary>The producer; another one when it died.</summary>
    internal IProducerSession Take()
    {
        if (_session is { Room.IsDead: true })
        {
            End();
        }
        return _session ??= make();
    }

    /// <summary>Ends it, if there is one.</summary>
    internal Task EndAsync()
    {
        End();
        return _closing;
    }

    private void End()
    {
        if (_session is { } session)
        {
            _closing = Task.WhenAll(_closing, session.CloseAsync(closeTimeout));
            ledger.Forget(session.Room);
            ledger.TroubledTopics.TakeAllBack();
            _session = null;
        }
    }
}
