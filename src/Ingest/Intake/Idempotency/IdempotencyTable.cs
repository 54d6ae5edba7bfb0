using System.Buffers.Binary;
using System.IO.Hashing;

namespace Ingest.Intake.Idempotency;

/// <summary>The file of the requests that may be repeated: what tells repeats, so that the log may give their events back.</summary>
/// <remarks>
/// Behind a header, in little-endian order:
/// <c>u32 magic "IRP1"</c>, then the requests, oldest first, then <c>u32</c> CRC-32 of all before it. A request is <c>u128
/// identity · u128 fingerprint · i64 first · i32 count · i64 accepted, Unix ms</c>.
/// </remarks>
internal static class IdempotencyTable
{
    /// <summary>Bytes of a request.</summary>
    internal const int RequestBytes = 52;

    private const uint Magic = 0x31505249;
    private const int MagicBytes = 4;
    private const int RequestsAtOnce = 1024;

    /// <summary>Writes down what a window remembers, piece by piece.</summary>
    /// <param name="window">The window; others may use it meanwhile.</param>
    /// <param name="time">Its clock.</param>
    /// <param name="write">Takes the next bytes, at most 64 KiB.</param>
    internal static void Write(IdempotencyWindow window, TimeProvider time, Action<ReadOnlySpan<byte>> write)
    {
        var (next, end) = (0L, window.Next);
        var answers = new RememberedAnswer[RequestsAtOnce];
        var piece = new byte[RequestsAtOnce * RequestBytes];
        var sum = new Crc32();
        BinaryPrimitives.WriteUInt32LittleEndian(piece, Magic);
        Add(piece.AsSpan(0, MagicBytes));
        var now = time.GetUtcNow();
        while (window.Copy(ref next, end, answers) is var count and > 0)
        {
            for (var i = 0; i < count; i++)
            {
                var accepted = (now - time.GetElapsedTime(answers[i].Accepted)).ToUnixTimeMilliseconds();
                WriteRequest(piece.AsSpan(i * RequestBytes), answers[i], accepted);
            }
            Add(piece.AsSpan(0, count * RequestBytes));
        }
        BinaryPrimitives.WriteUInt32LittleEndian(piece, sum.GetCurrentHashAsUInt32());
        write(piece.AsSpan(0, sizeof(uint)));

        void Add(ReadOnlySpan<byte> bytes)
        {
            sum.Append(bytes);
            write(bytes);
        }
    }

    /// <summary>Takes over what a file has. False, and nothing is taken over: it is damaged.</summary>
    internal static bool TryRead(ReadOnlySpan<byte> file, IdempotencyWindow window, DateTimeOffset now)
    {
        if (file.Length < MagicBytes + sizeof(uint) || BinaryPrimitives.ReadUInt32LittleEndian(file) != Magic
            || BinaryPrimitives.ReadUInt32LittleEndian(file[^sizeof(uint)..]) != Crc32.HashToUInt32(file[..^sizeof(uint)]))
        {
            return false;
        }
        var requests = file[MagicBytes..^sizeof(uint)];
        if (!MakeSense(requests))
        {
            return false;
        }
        for (var rest = requests; !rest.IsEmpty; rest = rest[RequestBytes..])
        {
            window.Restore(
                new RequestMark(BinaryPrimitives.ReadUInt128LittleEndian(rest), BinaryPrimitives.ReadUInt128LittleEndian(rest[16..])),
                BinaryPrimitives.ReadInt64LittleEndian(rest[32..]),
                BinaryPrimitives.ReadInt32LittleEndian(rest[40..]),
                now - DateTimeOffset.FromUnixTimeMilliseconds(BinaryPrimitives.ReadInt64LittleEndian(rest[44..])));
        }
        window.Unsaved.Forget();
        return true;
    }

    /// <summary>Whether these are whole requests, with numbers and times that there are.</summary>
    private static bool MakeSense(ReadOnlySpan<byte> requests)
    {
        if (requests.Length % RequestBytes != 0)
        {
            return false;
        }
        for (var rest = requests; !rest.IsEmpty; rest = rest[RequestBytes..])
        {
            if (BinaryPrimitives.ReadInt64LittleEndian(rest[32..]) < 0 || BinaryPrimitives.ReadInt32LittleEndian(rest[40..]) < 0
                || !UnixTime.Is(BinaryPrimitives.ReadInt64LittleEndian(rest[44..])))
            {
                return false;
            }
        }
        return true;
    }

    private static void WriteRequest(Span<byte> target, in RememberedAnswer answer, long acceptedUnixMs)
    {
        BinaryPrimitives.WriteUInt128LittleEndian(target, answer.Mark.Identity);
        BinaryPrimitives.WriteUInt128LittleEndian(target[16..], answer.Mark.Fingerprint);
        BinaryPrimitives.WriteInt64LittleEndian(target[32..], answer.First);
        BinaryPrimitives.WriteInt32LittleEndian(target[40..], answer.Count);
        BinaryPrimitives.WriteInt64LittleEndian(target[44..], acceptedUnixMs);
    }
}
