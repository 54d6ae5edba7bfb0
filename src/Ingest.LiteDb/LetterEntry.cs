using System.IO.Hashing;
using System.Text;
using Ingest.DeadLetters;

namespace Ingest.LiteDb;

/// <summary>A letter as a block has it: what questions ask for, and nothing else.</summary>
/// <param name="Sequence">The event's number in the node's log.</param>
/// <param name="Group">Number of its group, which has lane, stream, reason and state.</param>
/// <param name="KeyHash">Hash of the event's key; 0 exactly where it has none.</param>
/// <param name="LastUnixMs">When it was last tried, Unix ms.</param>
/// <param name="Attempts">How often it was tried.</param>
/// <param name="Bytes">Bytes it takes in the dead-letter log.</param>
internal readonly record struct LetterEntry(long Sequence, int Group, uint KeyHash, long LastUnixMs, int Attempts, int Bytes)
{
    /// <summary>The hash of an event's key. Two keys may have the same.</summary>
    internal static uint HashOf(string key) =>
        key.Length == 0 ? 0 : Math.Max((uint)XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(key)), 1);

    internal static LetterEntry Of(DeadLetter letter, int group) =>
        new(letter.Key.Sequence, group, HashOf(letter.EventKey), letter.LastUnixMs, letter.Attempts, letter.Bytes);
}
