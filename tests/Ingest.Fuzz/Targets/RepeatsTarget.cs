using System.Buffers.Binary;
using System.IO.Hashing;
using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Intake.Idempotency;
using Ingest.Testing;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The file of repeated requests, with its header. Refused with nothing taken over, or taken over: then what it has is written down and
/// read again as the same requests.
/// </summary>
/// <remarks>An input is whether the checksum is mended (1) and the file behind its header.</remarks>
internal sealed class RepeatsTarget : FuzzTarget
{
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(10);

    public override string Name => "repeats";

    internal override IEnumerable<byte[]> Seeds
    {
        get
        {
            var window = new IdempotencyWindow(Window, 16, new FakeTime());
            window.Restore(new RequestMark(5, 6), 1, 2, TimeSpan.FromSeconds(1));
            window.Restore(new RequestMark(7, 0), 9, 1, TimeSpan.Zero);
            yield return [1, .. Written(window)];
        }
    }

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var file = input[1..];
        Mended(file, (input[0] & 1) != 0);
        MarksHeader.TryRead(file, out _);
        var window = new IdempotencyWindow(Window, 16, new FakeTime());
        if (!IdempotencyTable.TryRead(file, window, new FakeTime().GetUtcNow()))
        {
            FuzzException.Unless(window.Count == 0, "a damaged file is taken over in part");
            return;
        }
        var again = new IdempotencyWindow(Window, 16, new FakeTime());
        FuzzException.Unless(
            IdempotencyTable.TryRead(Written(window), again, new FakeTime().GetUtcNow()), "what is written cannot be read");
        FuzzException.Unless(window.Count <= 16 && again.Count == window.Count, "other requests are remembered than were written");
    }

    internal static void Mended(Span<byte> file, bool isWanted)
    {
        if (isWanted && file.Length >= sizeof(uint))
        {
            BinaryPrimitives.WriteUInt32LittleEndian(file[^sizeof(uint)..], Crc32.HashToUInt32(file[..^sizeof(uint)]));
        }
    }

    private static byte[] Written(IdempotencyWindow window)
    {
        var bytes = new List<byte>();
        IdempotencyTable.Write(window, new FakeTime(), piece => bytes.AddRange(piece));
        return [.. bytes];
    }
}
