using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>Who may deliver: what a progress that was read says about it. Pure.</summary>
/// <param name="identity">This process.</param>
/// <param name="lastOfEpoch">The last number an opening of the log gave out; null for one that this log does not know.</param>
internal sealed class ProgressRules(TransactionIdentity identity, Func<Guid, long?> lastOfEpoch)
{
    // Whose progress it was when it was read last; null before.
    private string? _expected;

    /// <summary>Whether an error says that another producer has the identity now.</summary>
    internal static bool IsFenced(ErrorCode code) =>
        code is ErrorCode.Local_Fenced or ErrorCode.ProducerFenced or ErrorCode.InvalidProducerEpoch;

    /// <summary>Null, or why this process must not deliver: what to do stands in it.</summary>
    internal string? FaultIn(string? text)
    {
        if (text is null)
        {
            return null;
        }
        if (Progress.Decode(text) is not { } progress)
        {
            return $"The progress of {identity.Id} in Kafka cannot be read; a newer version wrote it, or another program. "
                + WhatToDo;
        }
        if (_expected is not null && progress.Owner != _expected && progress.Owner != identity.Owner)
        {
            return $"Fenced: process {progress.Owner} has taken over the delivery of this log's events ({identity.Id}). It runs on the "
                + $"same log or a copy of it. Stop one of the two. {WhatToDo}";
        }
        if (lastOfEpoch(progress.Opening) is not { } last || progress.Delivered.Last > last)
        {
            return $"Process {progress.Owner} delivers this log's events ({identity.Id}) up to {progress.Delivered.Last} from an opening "
                + $"of the log that is not known here: this directory is an older copy. Stop one of the two. {WhatToDo}";
        }
        return null;
    }

    /// <summary>The progress that delivery goes on from was read.</summary>
    internal void Expect(string? text) => _expected = text is null ? "" : Progress.Decode(text)?.Owner ?? "";

    /// <summary>This process has written itself into it.</summary>
    internal void Claimed() => _expected = identity.Owner;

    private string WhatToDo =>
        $"To let this node deliver, stop the other and rewind the lane here (ingest lanes rewind {identity.Lane}); where both had the same "
        + "events only, restarting this node is enough.";
}
