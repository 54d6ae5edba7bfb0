using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Ingest.DeadLetters;

/// <summary>Identifies a dead letter for good: the event, and the lane whose sink refused it.</summary>
/// <param name="Sequence">The event's number in the node's log.</param>
/// <param name="Lane">The lane.</param>
public readonly record struct DeadLetterKey(long Sequence, string Lane) : IComparable<DeadLetterKey>
{
    /// <inheritdoc/>
    public int CompareTo(DeadLetterKey other) =>
        Sequence != other.Sequence ? Sequence.CompareTo(other.Sequence) : string.CompareOrdinal(Lane, other.Lane);

    /// <summary>The key as operators write it: <c>LANE/SEQUENCE</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Lane}/{Sequence}");

    /// <summary>Reads what <see cref="ToString"/> writes. A lane's name has no slash.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out DeadLetterKey key)
    {
        key = default;
        var slash = text?.IndexOf('/', StringComparison.Ordinal) ?? -1;
        if (slash < 1 || !long.TryParse(text.AsSpan(slash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var sequence))
        {
            return false;
        }
        key = new DeadLetterKey(sequence, text![..slash]);
        return sequence > 0;
    }

    /// <summary>Earlier first.</summary>
    public static bool operator <(DeadLetterKey left, DeadLetterKey right) => left.CompareTo(right) < 0;

    /// <summary>Later first.</summary>
    public static bool operator >(DeadLetterKey left, DeadLetterKey right) => left.CompareTo(right) > 0;

    /// <summary>Earlier or the same.</summary>
    public static bool operator <=(DeadLetterKey left, DeadLetterKey right) => left.CompareTo(right) <= 0;

    /// <summary>Later or the same.</summary>
    public static bool operator >=(DeadLetterKey left, DeadLetterKey right) => left.CompareTo(right) >= 0;
}
