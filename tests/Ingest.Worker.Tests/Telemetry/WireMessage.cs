using System.Text;

namespace Ingest.Worker.Tests.Telemetry;

/// <summary>A message of protocol buffers, without knowing its schema: fields by number. Enough to find names and identities.</summary>
internal sealed class WireMessage
{
    private readonly List<(int Field, byte[] Bytes)> _fields = [];

    internal WireMessage(byte[] bytes)
    {
        for (var at = 0; at < bytes.Length;)
        {
            var tag = Varint(bytes, ref at);
            var field = (int)(tag >> 3);
            switch (tag & 7)
            {
                case 0:
                    Varint(bytes, ref at);
                    break;
                case 1:
                    at += 8;
                    break;
                case 2:
                    var length = (int)Varint(bytes, ref at);
                    _fields.Add((field, bytes[at..(at + length)]));
                    at += length;
                    break;
                case 5:
                    at += 4;
                    break;
                default:
                    throw new FormatException($"wire type {tag & 7} at byte {at}");
            }
        }
    }

    internal IEnumerable<WireMessage> Messages(params int[] path) => path is [var field]
        ? All(field).Select(bytes => new WireMessage(bytes))
        : Messages(path[0]).SelectMany(message => message.Messages(path[1..]));

    internal string Text(int field) => All(field).Select(Encoding.UTF8.GetString).FirstOrDefault() ?? "";

    internal string Hex(int field) => All(field).Select(Convert.ToHexStringLower).FirstOrDefault() ?? "";

    private IEnumerable<byte[]> All(int field) => _fields.Where(entry => entry.Field == field).Select(entry => entry.Bytes);

    private static ulong Varint(byte[] bytes, ref int at)
    {
        var value = 0UL;
        for (var shift = 0; ; shift += 7)
        {
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << shift;
            if (next < 0x80)
            {
                return value;
            }
        }
    }
}
