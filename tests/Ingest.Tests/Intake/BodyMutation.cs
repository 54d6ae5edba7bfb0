using System.Text;

namespace Ingest.Tests.Intake;

/// <summary>Makes JSON of all shapes, and breaks it in the ways that parsers trip over.</summary>
internal sealed class BodyMutation(Random random)
{
    private static readonly byte[][] Fragments =
    [
        .. new[]
        {
            "\"", "\\", "\\u", "\\ud800", "\\u0000", "\\n", "\\/", "{", "}", "[", "]", ",", ":", "\n", "\r\n", "\r", "\t", " ", "0", "-",
            "-0", "01", "1.", ".5", "1e", "1E+5", "1e-", "e", "true", "tru", "false", "null", "nul", "NaN", "//", "/*", "'", "{}", "[]",
            "\"\"", "\0", "\u001f", "\u007f", "ü", "世", "🚀", "\uFEFF", "\u2028",
            "aaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaaa",
        }.Select(Encoding.UTF8.GetBytes),
        [0x80], [0xC0, 0x80], [0xC3], [0xE4, 0xB8], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xFF],
    ];

    internal byte[] Next()
    {
        var body = new List<byte>();
        var array = random.Next(2) == 0;
        byte[] between = array ? [(byte)','] : Pick("\n"u8.ToArray(), "\r\n"u8.ToArray(), "\n \n"u8.ToArray(), []);
        for (var count = random.Next(1, 5); count > 0; count--)
        {
            Write(body, random.Next(1, 6));
            body.AddRange(count > 1 || !array ? between : []);
        }
        if (array)
        {
            body.Insert(0, (byte)'[');
            body.Add((byte)']');
        }
        for (var count = random.Next(0, 3); count > 0; count--)
        {
            Mutate(body);
        }
        return [.. body];
    }

    private void Write(List<byte> body, int depth)
    {
        Blank(body);
        switch (random.Next(depth > 0 ? 9 : 6))
        {
            case 0: body.AddRange(Encoding.ASCII.GetBytes(random.Next(-1000, 1000).ToString())); break;
            case 1: body.AddRange(Encoding.ASCII.GetBytes(random.NextDouble().ToString("R"))); break;
            case 2: body.AddRange(Pick("true"u8.ToArray(), "false"u8.ToArray(), "null"u8.ToArray(), "1E+9"u8.ToArray())); break;
            case 3 or 4 or 5: WriteText(body); break;
            case 6 or 7: WriteMany(body, '{', '}', depth); break;
            default: WriteMany(body, '[', ']', depth); break;
        }
        Blank(body);
    }

    private void WriteMany(List<byte> body, char open, char close, int depth)
    {
        body.Add((byte)open);
        for (var count = random.Next(0, 4); count > 0; count--)
        {
            if (open == '{')
            {
                Blank(body);
                WriteText(body);
                Blank(body);
                body.Add((byte)':');
            }
            Write(body, depth - 1);
            if (count > 1)
            {
                body.Add((byte)',');
            }
        }
        Blank(body);
        body.Add((byte)close);
    }

    private void WriteText(List<byte> body)
    {
        body.Add((byte)'"');
        for (var count = random.Next(0, 40); count > 0; count--)
        {
            body.AddRange(random.Next(12) == 0
                ? Pick("\\n"u8.ToArray(), "\\\""u8.ToArray(), "\\\\"u8.ToArray(), "\\u12aF"u8.ToArray(), "ü"u8.ToArray(), "🚀"u8.ToArray())
                : [(byte)random.Next('a', 'z' + 1)]);
        }
        body.Add((byte)'"');
    }

    private void Blank(List<byte> body)
    {
        if (random.Next(6) == 0)
        {
            body.AddRange(Pick(" "u8.ToArray(), "\t"u8.ToArray(), "  "u8.ToArray(), "\r"u8.ToArray()));
        }
    }

    private void Mutate(List<byte> body)
    {
        if (body.Count == 0)
        {
            return;
        }
        var at = random.Next(body.Count);
        switch (random.Next(6))
        {
            case 0: body[at] = (byte)random.Next(256); break;
            case 1: body.InsertRange(at, Pick(Fragments)); break;
            case 2: body.RemoveAt(at); break;
            case 3: body.RemoveRange(at, random.Next(Math.Min(body.Count - at, 20) + 1)); break;
            case 4: body.RemoveRange(at, body.Count - at); break;
            default: body.InsertRange(at, [.. body.Skip(random.Next(body.Count)).Take(random.Next(20))]); break;
        }
    }

    private byte[] Pick(params byte[][] choices) => choices[random.Next(choices.Length)];
}
