using System.Buffers.Text;
using System.Text;

namespace Ingest.Worker.Bench;

/// <summary>The body of one connection's requests: made once, numbered anew for each. Reused only when its request has ended.</summary>
internal sealed class BenchBody
{
    private const int Digits = 12;
    private const string Head = "{\"bench\":\"";
    private const string Middle = "\",\"padding\":\"";
    private const string Tail = "\"}";

    private readonly byte[] _bytes;
    private readonly int _eventBytes;

    /// <param name="eventBytes">Bytes of an event; fewer than the fixed part has are not possible.</param>
    /// <param name="events">Events in a body, one a line.</param>
    internal BenchBody(int eventBytes, int events)
    {
        var padding = new string('x', Math.Max(0, eventBytes - Head.Length - Digits - Middle.Length - Tail.Length));
        var one = Encoding.ASCII.GetBytes(Head + new string('0', Digits) + Middle + padding + Tail + "\n");
        _eventBytes = one.Length;
        _bytes = new byte[one.Length * events];
        for (var i = 0; i < events; i++)
        {
            one.CopyTo(_bytes, i * one.Length);
        }
    }

    internal int Length => _bytes.Length;

    /// <summary>The body with its events numbered from <paramref name="number"/> on.</summary>
    internal byte[] Numbered(long number)
    {
        for (var place = 0; place < _bytes.Length; place += _eventBytes)
        {
            Utf8Formatter.TryFormat(number++ % 1_000_000_000_000, _bytes.AsSpan(place + Head.Length, Digits), out _, new('D', Digits));
        }
        return _bytes;
    }
}
