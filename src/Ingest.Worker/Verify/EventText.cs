using System.Buffers;
using System.Buffers.Text;
using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Ingest.Worker.Verify;

/// <summary>
/// The bytes of a run's events, which follow from the key, the number and the padding alone:
/// <c>{"ingest-verify":"RUN.KEY.NUMBER.PADDING","padding":"xxx"}</c>. One thread.
/// </summary>
/// <param name="run">The run, 32 hexadecimal digits.</param>
internal sealed class EventText(string run)
{
    /// <summary>Digits of a run.</summary>
    internal const int RunDigits = 32;

    /// <summary>Most bytes of padding that an event may say it has.</summary>
    internal const int PaddingMax = 1024 * 1024;

    /// <summary>How every event begins.</summary>
    internal static ReadOnlySpan<byte> Mark => "{\"ingest-verify\":\""u8;

    private static ReadOnlySpan<byte> Middle => "\",\"padding\":\""u8;

    private readonly byte[] _run = Encoding.ASCII.GetBytes(run);

    /// <summary>Writes an event.</summary>
    /// <param name="output">Takes it.</param>
    /// <param name="key">The number of its key, from 0.</param>
    /// <param name="number">Its number within the key, from 1.</param>
    /// <param name="padding">Bytes of padding.</param>
    internal void Write(IBufferWriter<byte> output, int key, long number, int padding)
    {
        output.Write(Mark);
        output.Write(_run);
        WriteNumber(output, key);
        WriteNumber(output, number);
        WriteNumber(output, padding);
        output.Write(Middle);
        output.GetSpan(padding)[..padding].Fill((byte)'x');
        output.Advance(padding);
        output.Write("\"}"u8);
    }

    /// <summary>Padding with which an event has about this many bytes; 0 when it has more without any.</summary>
    internal static int PaddingFor(int eventBytes) =>
        Math.Max(0, eventBytes - Mark.Length - RunDigits - ".00.00000.000".Length - Middle.Length - "\"}".Length);

    /// <summary>The name of a key: what stands in <c>Ingest-Key</c>.</summary>
    internal static string KeyName(int key) => string.Create(CultureInfo.InvariantCulture, $"verify-{key}");

    private static void WriteNumber(IBufferWriter<byte> output, long number)
    {
        const int DigitsMax = 20;
        var room = output.GetSpan(1 + DigitsMax);
        room[0] = (byte)'.';
        if (!Utf8Formatter.TryFormat(number, room[1..], out var digits))
        {
            throw new UnreachableException();
        }
        output.Advance(1 + digits);
    }
}
