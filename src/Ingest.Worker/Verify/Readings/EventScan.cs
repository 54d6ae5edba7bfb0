using System.Buffers;
using System.Buffers.Text;
using System.Text;
using Ingest.Worker.Verify.Judging;

namespace Ingest.Worker.Verify.Readings;

/// <summary>Finds a run's events in what a sink has, whatever stands around them, and enters them. One thread.</summary>
/// <param name="run">The run.</param>
/// <param name="ledger">Where they are entered.</param>
internal sealed class EventScan(string run, Ledger ledger)
{
    private const int ShownMax = 100;

    private readonly byte[] _run = Encoding.ASCII.GetBytes(run);
    private readonly EventText _text = new(run);
    private readonly ArrayBufferWriter<byte> _expected = new();

    /// <summary>Enters the events in a line or message; one without any is passed over and counted.</summary>
    /// <param name="bytes">The line or message.</param>
    /// <param name="place">Where it is in the sink.</param>
    internal void Take(ReadOnlySpan<byte> bytes, string place)
    {
        var any = false;
        while (bytes.IndexOf(EventText.Mark) is var start and >= 0)
        {
            bytes = bytes[start..];
            any |= TakeOne(bytes, place);
            bytes = bytes[EventText.Mark.Length..];
        }
        if (!any)
        {
            ledger.PassOver();
        }
    }

    private bool TakeOne(ReadOnlySpan<byte> bytes, string place)
    {
        var rest = bytes[EventText.Mark.Length..];
        if (!rest.StartsWith(_run))
        {
            return false;
        }
        rest = rest[_run.Length..];
        if (TryRead(ref rest, Ledger.KeysMax, out var key)
            && TryRead(ref rest, Ledger.NumberMax, out var number)
            && TryRead(ref rest, EventText.PaddingMax, out var padding)
            && IsAsSent(bytes, (int)key, number, (int)padding))
        {
            ledger.Arrive((int)key, number, place);
        }
        else
        {
            ledger.Alter(place, Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, ShownMax)]));
        }
        return true;
    }

    private bool IsAsSent(ReadOnlySpan<byte> bytes, int key, long number, int padding)
    {
        _expected.ResetWrittenCount();
        _text.Write(_expected, key, number, padding);
        return bytes.StartsWith(_expected.WrittenSpan);
    }

    private static bool TryRead(ref ReadOnlySpan<byte> rest, long max, out long number)
    {
        number = 0;
        if (rest.IsEmpty || rest[0] != (byte)'.' || !Utf8Parser.TryParse(rest[1..], out number, out int digits)
            || number < 0 || number > max)
        {
            return false;
        }
        rest = rest[(1 + digits)..];
        return true;
    }
}
