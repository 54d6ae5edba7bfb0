namespace Ingest.Intake.Keys;

/// <summary>What a producer may send per second. Any thread.</summary>
/// <param name="events">Events, or null: as many as there are.</param>
/// <param name="bytes">Bytes of bodies, or null: as many as there are.</param>
internal sealed class Quota(DebtBucket? events, DebtBucket? bytes)
{
    /// <summary>Lets a request in and charges what is known of it, or says how long it has to wait.</summary>
    internal TimeSpan Admit(long bodyBytes)
    {
        var wait = TimeSpan.FromTicks(Math.Max(events?.Wait.Ticks ?? 0, bytes?.Wait.Ticks ?? 0));
        if (wait == TimeSpan.Zero)
        {
            events?.Charge(1);
            bytes?.Charge(bodyBytes);
        }
        return wait;
    }

    /// <summary>Charges what was not known yet: the further events of a batch, and the bytes of a body without a length.</summary>
    internal void Charge(long furtherEvents, long furtherBytes)
    {
        events?.Charge(furtherEvents);
        bytes?.Charge(furtherBytes);
    }
}
