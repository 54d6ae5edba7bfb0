using Ingest.Health;

namespace Ingest.Intake.Keys;

/// <summary>What a producer may send per second. Any thread.</summary>
/// <param name="events">Events, or null: as many as there are.</param>
/// <param name="bytes">Bytes of bodies, or null: as many as there are.</param>
internal sealed class Quota(RateBucket? events, RateBucket? bytes)
{
    /// <summary>Admits a request and charges what is known of it, or says how long it has to wait.</summary>
    internal TimeSpan Admit(long bodyBytes)
    {
        if (events?.Take(1) is { } eventsWait && eventsWait > TimeSpan.Zero)
        {
            return bytes?.Wait is { } other && other > eventsWait ? other : eventsWait;
        }
        if (bytes?.Take(bodyBytes) is { } bytesWait && bytesWait > TimeSpan.Zero)
        {
            events?.Return(1);
            return bytesWait;
        }
        return TimeSpan.Zero;
    }

    /// <summary>Charges what was not known yet: the further events of a batch, and the bytes of a body without a length.</summary>
    internal void Charge(long furtherEvents, long furtherBytes)
    {
        events?.Charge(furtherEvents);
        bytes?.Charge(furtherBytes);
    }

    /// <summary>Gives back what <see cref="Admit"/> charged for a request that was refused afterwards.</summary>
    internal void Return(long bodyBytes)
    {
        events?.Return(1);
        bytes?.Return(bodyBytes);
    }
}
