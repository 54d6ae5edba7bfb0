using Ingest.Intake.Admission;
using Ingest.Intake.Body.Compression;
using Ingest.Intake.Http;

namespace Ingest.Intake.Body;

/// <summary>
/// Decompresses bodies, layer by layer, each under the same limits as a body that was never compressed, and none beyond the ratio that
/// honest data has: a bomb costs what an honest body of that size costs, or less.
/// </summary>
internal sealed class BodyDecoder(IntakeOptions options, BufferBudget budget)
{
    // Small bodies of one repeated line do compress that well, and cost nothing.
    private const int RatioFreeBytes = 1024 * 1024;
    private const int FirstBytes = 4096;

    /// <summary>Undoes the encodings, last first. Takes the body's memory over; the result is the caller's to release.</summary>
    internal ArrivedBody Decode(ArrivedBody body, ContentEncoding[] encodings)
    {
        for (var layer = encodings.Length - 1; layer >= 0 && body.Problem.IsNone; layer--)
        {
            var encoded = body;
            body = DecodeOne(encoded, encodings[layer]);
            budget.Release(encoded);
        }
        return body;
    }

    /// <summary>
    /// Takes a message out of its wrapping, which has no problem. Takes the body's memory over; the result is the caller's to release.
    /// </summary>
    internal ArrivedBody Unwrap(ArrivedBody body, in BodyWrapping wrapping)
    {
        if (wrapping.Start > 0)
        {
            body.Bytes[wrapping.Start..].CopyTo(body.Rented);
            body = body with { Length = body.Length - wrapping.Start };
        }
        if (wrapping.Compression is not { } compression)
        {
            return body;
        }
        var message = DecodeOne(body, compression);
        budget.Release(body);
        return message;
    }

    private ArrivedBody DecodeOne(in ArrivedBody encoded, ContentEncoding encoding)
    {
        var decoded = default(ArrivedBody);
        Problem problem;
        try
        {
            problem = encoded.Length == 0 ? Bad
                : encoding == ContentEncoding.Snappy ? FillFromBlock(encoded, ref decoded)
                : Fill(encoded, encoding, ref decoded);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            // The second is what the framework throws for zlib with a preset dictionary, which HTTP has no way to name.
            problem = Bad;
        }
        if (problem.IsNone)
        {
            return decoded;
        }
        budget.Release(decoded);
        return new ArrivedBody { Problem = problem };
    }

    private Problem Fill(in ArrivedBody encoded, ContentEncoding encoding, ref ArrivedBody decoded)
    {
        using var reader = LayerReader.Open(encoding, encoded.Rented!, encoded.Length);
        while (true)
        {
            var problem = MakeRoom(encoded, ref decoded);
            if (!problem.IsNone)
            {
                return problem;
            }
            var count = reader.Read(decoded.Rented.AsSpan(decoded.Length));
            if (count == 0)
            {
                return default;
            }
            decoded = decoded with { Length = decoded.Length + count };
        }
    }

    /// <summary>A block says at its beginning how long it is: refused by that, or decoded at once.</summary>
    private Problem FillFromBlock(in ArrivedBody encoded, ref ArrivedBody decoded)
    {
        if (!SnappyBlock.TryReadLength(encoded.Bytes, out var length, out var start))
        {
            return Bad;
        }
        if (length > options.BodyBytesMax)
        {
            return BodyLimits.TooLarge(options);
        }
        if (length > 0 && !budget.TryGrow(ref decoded, length, encoded.Rented?.Length ?? 0))
        {
            return BufferBudget.Exhausted;
        }
        decoded = decoded with { Length = length };
        return SnappyBlock.TryDecode(encoded.Bytes[start..], decoded.Rented.AsSpan(0, length)) ? default : Bad;
    }

    /// <summary>Room for at least one more byte, or why there may be none.</summary>
    private Problem MakeRoom(in ArrivedBody encoded, ref ArrivedBody decoded)
    {
        if (decoded.Length > options.BodyBytesMax)
        {
            return BodyLimits.TooLarge(options);
        }
        if (decoded.Length > RatioFreeBytes && decoded.Length > (long)encoded.Length * options.DecompressionRatioMax)
        {
            return new Problem(
                ProblemKind.BatchTooLarge,
                $"The body grows more than {options.DecompressionRatioMax} times when decompressed (Intake:DecompressionRatioMax).");
        }
        // One byte beyond the limit tells too much from just enough.
        var wanted = Math.Min(Math.Max(Math.Max(decoded.Length, encoded.Length) * 2L, FirstBytes), options.BodyBytesMax + 1L);
        var hasRoom = decoded.Length < (decoded.Rented?.Length ?? 0)
            || budget.TryGrow(ref decoded, (int)wanted, encoded.Rented?.Length ?? 0);
        return hasRoom ? default : BufferBudget.Exhausted;
    }

    private static Problem Bad { get; } =
        new(ProblemKind.BadEncoding, "The body is not what its Content-Encoding says, it is cut short, or something follows its end.");
}
