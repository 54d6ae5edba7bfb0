namespace Ingest.Simulation.Model;

/// <summary>What a perfect cursor would hold.</summary>
public sealed class ReferenceCursor
{
    private (long Sequence, int AnnotationBytes) _saved;
    private (long Sequence, int AnnotationBytes)? _maybe;

    /// <summary>A save returned.</summary>
    public void Saved(long sequence, int annotationBytes)
    {
        _saved = (sequence, annotationBytes);
        _maybe = null;
    }

    /// <summary>A save failed or was cut short: either position is right after a restart. Later saves were refused.</summary>
    public void Unknown(long sequence, int annotationBytes) => _maybe ??= (sequence, annotationBytes);

    /// <summary>The cursor was opened again.</summary>
    public void Recovered(string name, long sequence, ReadOnlySpan<byte> annotation)
    {
        if ((sequence, annotation.Length) != _saved && (_maybe is null || (sequence, annotation.Length) != _maybe))
        {
            throw new ModelException(
                $"Cursor {name} came back at {sequence} with {annotation.Length} bytes; saved was {_saved}, perhaps {_maybe}.");
        }
        if (annotation.ContainsAnyExcept((byte)sequence))
        {
            throw new ModelException($"The annotation of cursor {name} is not what was saved.");
        }
        _saved = (sequence, annotation.Length);
        _maybe = null;
    }
}
