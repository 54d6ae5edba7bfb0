using System.Buffers;
using Ingest.Intake.Body;
using Ingest.Intake.Http;

namespace Ingest.Intake.Admission;

/// <summary>Lends memory for bodies that arrive in pieces or compressed, and bounds it over all requests. Any thread.</summary>
internal sealed class BufferBudget(long bytesMax)
{
    private long _taken;

    internal static Problem Exhausted { get; } =
        new(ProblemKind.Overloaded, "Bodies that are still arriving take all of Intake:BufferBytesMax.");

    /// <summary>Bytes lent at the moment.</summary>
    internal long Taken => Interlocked.Read(ref _taken);

    /// <summary>
    /// Moves the body into memory for at least <paramref name="bytes"/>. False: there is none left, the body stays. A request that is alone
    /// always gets what it needs: refused with a time to come back, it would come back for ever.
    /// </summary>
    /// <param name="body">Grows.</param>
    /// <param name="bytes">How far.</param>
    /// <param name="beside">What the same request holds beside it.</param>
    internal bool TryGrow(ref ArrivedBody body, int bytes, long beside = 0)
    {
        var grown = ArrayPool<byte>.Shared.Rent(bytes);
        var own = grown.Length + (body.Rented?.Length ?? 0) + beside;
        if (Interlocked.Add(ref _taken, grown.Length) is var taken && taken > bytesMax && taken > own)
        {
            Interlocked.Add(ref _taken, -grown.Length);
            ArrayPool<byte>.Shared.Return(grown);
            return false;
        }
        body.Bytes.CopyTo(grown);
        Release(body);
        body = body with { Rented = grown };
        return true;
    }

    /// <summary>Takes the body's memory back.</summary>
    internal void Release(in ArrivedBody body)
    {
        if (body.Rented is { } rented)
        {
            Interlocked.Add(ref _taken, -rented.Length);
            ArrayPool<byte>.Shared.Return(rented);
        }
    }
}
