using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>The right to deliver: what a progress that was read says about it. Pure.</summary>
/// <param name="identity">This process.</param>
/// <param name="log">What this log knows of its numbers.</param>
internal sealed class ProgressRules(TransactionIdentity identity, LogNumbers log)
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
        if (log.Lacks(progress.Opening, progress.Delivered.Last))
        {
            return $"Process {progress.Owner} delivers this log's events ({identity.Id}) up to {progress.Delivered.Last} which this "
                + $"log does not have: this directory is an older copy. Stop one of the two. {WhatToDo}";
        }
        return null;
    }

    /// <summary>The progress that delivery goes on from was read.</summary>
    internal void Expect(string? text) => _expected = text is null ? "" : Progress.Decode(text)?.Owner ?? "";

    /// <summary>The process has written itself into the progress.</summary>
    internal void Claimed() => _expected = identity.Owner;

    private string WhatToDo =>
        $"To let this node deliver, stop the other and rewind the lane here (ingest lanes rewind {identity.Lane}); where both had the same "
        + "events only, restarting this node is enough.";
}
