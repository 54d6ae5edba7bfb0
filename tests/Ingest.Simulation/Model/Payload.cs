namespace Ingest.Simulation.Model;

/// <summary>A record's bytes, made from its number in the history: no two records of one history have the same.</summary>
/// <param name="Id">Counts the records a history tried to append.</param>
/// <param name="Bytes">Length of the body.</param>
public readonly record struct Payload(int Id, int Bytes)
{
    /// <summary>Writes the body.</summary>
    public void Fill(Span<byte> body)
    {
        var state = ((uint)Id * 2654435761u) ^ 0x9E3779B9u;
        for (var i = 0; i < body.Length; i++)
        {
            if ((i & 3) == 0)
            {
                state = (state * 1664525u) + 1013904223u;
            }
            body[i] = (byte)(state >> ((i & 3) * 8));
        }
    }

    /// <summary>Whether these are the bytes.</summary>
    public bool Is(ReadOnlySpan<byte> body)
    {
        if (body.Length != Bytes)
        {
            return false;
        }
        var expected = Bytes <= 1024 ? stackalloc byte[Bytes] : new byte[Bytes];
        Fill(expected);
        return body.SequenceEqual(expected);
    }
}
