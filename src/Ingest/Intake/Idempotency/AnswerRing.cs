namespace Ingest.Intake.Idempotency;

/// <summary>
/// Remembered answers, oldest first, each with a number of its own that counts up from 0. One array without references: however many there
/// are, the collector has nothing to follow. Not thread-safe.
/// </summary>
internal sealed class AnswerRing
{
    private const int LengthMin = 16;

    // As long as a power of two.
    private RememberedAnswer[] _answers = new RememberedAnswer[LengthMin];

    /// <summary>Number of the oldest.</summary>
    internal long Oldest { get; private set; }

    /// <summary>Number of the next.</summary>
    internal long Next { get; private set; }

    /// <summary>How many there are.</summary>
    internal int Count => (int)(Next - Oldest);

    /// <summary>The answer with a number from <see cref="Oldest"/> to before <see cref="Next"/>.</summary>
    internal ref readonly RememberedAnswer this[long number] => ref _answers[number & (_answers.Length - 1)];

    /// <summary>Adds one; returns its number.</summary>
    internal long Add(in RememberedAnswer answer)
    {
        if (Count == _answers.Length)
        {
            Grow();
        }
        _answers[Next & (_answers.Length - 1)] = answer;
        return Next++;
    }

    /// <summary>Forgets the oldest.</summary>
    internal void RemoveOldest() => Oldest++;

    private void Grow()
    {
        var larger = new RememberedAnswer[_answers.Length * 2];
        for (var number = Oldest; number < Next; number++)
        {
            larger[number & (larger.Length - 1)] = this[number];
        }
        _answers = larger;
    }
}
