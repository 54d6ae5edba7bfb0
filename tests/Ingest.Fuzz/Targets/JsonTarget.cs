using System.Text;
using System.Text.Json;
using Ingest.Intake.Body;
using Ingest.Intake.Json;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// The JSON scanner beside Utf8JsonReader: the same verdict for every text and depth, a fault within the text, and the same key where a
/// pointer leads.
/// </summary>
/// <remarks>
/// An input is the depth (1 to 64) and the text. No difference is allowed: encoding and byte order mark are checked here too.
/// </remarks>
internal sealed class JsonTarget : FuzzTarget
{
    private static readonly KeyPointer Pointer = KeyPointer.TryParse("/a/1/~0", out var pointer) ? pointer! : null!;

    private readonly ScratchBuffer _key = new();

    public override string Name => "json";

    internal override IEnumerable<byte[]> Seeds =>
    [
        Seed(3, "{\"a\":[0,{\"~\":\"k\\u00e9\"}],\"b\":-1.5e+10,\"c\":true,\"d\":null,\"e\":\"\\ud83d\\ude00\"}"), Seed(63,
            " [ 1 , \"x\\n\" ] "),
        Seed(1, "[[[]]]"), Seed(4, "\"" + new string('a', 70) + "\\\"" + new string('b', 70) + "\""), .. RealPayloads.Lines.Select(line =>
            Seed(63, line)),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "{", "}", "[", "]", ",", ":", "\"", "\\", "\\u", "\\ud800", "\\udc00", "true", "false", "null", "-", "0", ".", "e", "E+", "1e9",
        " ",
        "\t", "\n", "\r", "\uFEFF", "\u00e9", "\ud83d\ude00", "//", "/*", "{\"a\":[0,{\"~\":", "NaN");

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var (depth, text) = (1 + (input[0] & 63), input[1..]);
        var invalid = JsonProblems.FirstInvalid(text, out var problem);
        var scanner = new JsonScanner(text, depth);
        var taken = problem.IsNone && scanner.SkipSpace() && scanner.SkipValue() && JsonProblems.End(ref scanner) && invalid == text.Length;
        var expected = PlainJson.Is(text, depth);
        FuzzException.Unless(taken == expected, expected ? "JSON is refused" : "a text is taken that is no JSON");
        FuzzException.Unless(scanner.Position <= text.Length && invalid <= text.Length, "the fault is outside the text");
        if (taken)
        {
            CheckKey(text);
        }
    }

    private void CheckKey(byte[] text)
    {
        _key.Clear();
        var isKey = Pointer.TryFind(text, _key);
        // Names with half of a surrogate pair cannot be asked for by the framework; the written name is what the pointer means here.
        var at = PlainJson.First(PlainJson.Elements(PlainJson.First(text, "a"))?.ElementAtOrDefault(1), "~");
        if (at is null || text.Contains((byte)'\\'))
        {
            return;
        }
        using var value = JsonDocument.Parse(at, new JsonDocumentOptions { MaxDepth = 600 });
        var key = value.RootElement.ValueKind switch
        {
            JsonValueKind.Null => "",
            JsonValueKind.String => value.RootElement.GetString()!,
            JsonValueKind.Object or JsonValueKind.Array => null,
            _ => value.RootElement.GetRawText(),
        };
        var isTooLong = key is not null && Encoding.UTF8.GetByteCount(key) > 1024;
        FuzzException.Unless(isKey == (key is not null && !isTooLong), "a key is taken for none, or the other way round");
        FuzzException.Unless(!isKey || Encoding.UTF8.GetString(_key.Written) == key, "another key is found than stands there");
    }
}
