using System.Buffers;
using System.IO.Compression;
using Ingest.Intake.Admission;
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

    private ArrivedBody DecodeOne(in ArrivedBody encoded, ContentEncoding encoding)
    {
        var decoded = default(ArrivedBody);
        Problem problem;
        try
        {
            problem = encoding == ContentEncoding.Brotli ? Unbrotli(encoded, ref decoded) : Inflate(encoded, encoding, ref decoded);
        }
        catch (InvalidDataException)
        {
            problem = Bad;
        }
        if (problem.IsNone)
        {
            return decoded;
        }
        budget.Release(decoded);
        return new ArrivedBody { Problem = problem };
    }

    private Problem Inflate(in ArrivedBody encoded, ContentEncoding encoding, ref ArrivedBody decoded)
    {
        if (encoded.Length == 0)
        {
            return Bad;
        }
        using var input = new EncodedStream(encoded.Rented!, encoded.Length);
        using Stream inflate = encoding switch
        {
            ContentEncoding.GZip => new GZipStream(input, CompressionMode.Decompress),
            _ when IsZlib(encoded.Bytes) => new ZLibStream(input, CompressionMode.Decompress),
            _ => new DeflateStream(input, CompressionMode.Decompress),
        };
        while (true)
        {
            var problem = MakeRoom(encoded, ref decoded);
            if (!problem.IsNone)
            {
                return problem;
            }
            var count = inflate.Read(decoded.Rented.AsSpan(decoded.Length));
            if (count == 0)
            {
                // Behind a member of gzip there may be another, so its end is always looked behind; the other formats know theirs.
                var complete = encoding == ContentEncoding.GZip ? GZipTrailer.Matches(encoded.Bytes, decoded.Bytes) : !input.EndWasRead;
                return complete ? default : Bad;
            }
            decoded = decoded with { Length = decoded.Length + count };
        }
    }

    private Problem Unbrotli(in ArrivedBody encoded, ref ArrivedBody decoded)
    {
        using var decoder = default(BrotliDecoder);
        var rest = encoded.Bytes;
        while (true)
        {
            var problem = MakeRoom(encoded, ref decoded);
            if (!problem.IsNone)
            {
                return problem;
            }
            var status = decoder.Decompress(rest, decoded.Rented.AsSpan(decoded.Length), out var consumed, out var written);
            rest = rest[consumed..];
            decoded = decoded with { Length = decoded.Length + written };
            if (status == OperationStatus.Done && rest.IsEmpty)
            {
                return decoded.Length > options.BodyBytesMax ? BodyLimits.TooLarge(options) : default;
            }
            if (status != OperationStatus.DestinationTooSmall)
            {
                return Bad;
            }
        }
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

    private static bool IsZlib(ReadOnlySpan<byte> encoded) =>
        encoded.Length >= 2 && (encoded[0] & 0x0F) == 8 && ((encoded[0] << 8) | encoded[1]) % 31 == 0;

    private static Problem Bad { get; } =
        new(ProblemKind.BadEncoding, "The body is not what its Content-Encoding says, or it is cut short.");
}
