using System.Text;
using Ingest.Intake.Keys;

namespace Ingest.Fuzz.Targets;

/// <summary>A file of API keys: a ring of keys, or a sentence that says where it is wrong.</summary>
internal sealed class KeyFileTarget : FuzzTarget
{
    private const string Digest = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";

    public override string Name => "keys";

    internal override IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            $"{{\"keys\":[{{\"name\":\"shop\",\"sha256\":\"{Digest}\",\"streams\":[\"a\",\"*\"],"
                + "\"eventsPerSecond\":5,\"burstSeconds\":1}]}",
            $"{{\"keys\":[{{\"name\":\"a\",\"sha256\":\"{Digest}\",\"bytesPerSecond\":1e6}}],}}", "{\"keys\":[]}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "{", "}", "[", "]", "null", ",", "\"keys\":", "\"name\":", "\"sha256\":", $"\"{Digest}\"", "\"streams\":[",
        "\"eventsPerSecond\":", "1e308",
        "\"burstSeconds\":", "\"bytesPerSecond\":", "-0", "1e-300", "\"\\ud800\"", "\"\\u0000\"", "86400");

    public override void Run(byte[] input)
    {
        try
        {
            var ring = KeyFile.Parse(input, KeyRing.Empty, TimeProvider.System);
            ring.Find(Convert.FromHexString(Digest))?.Producer.Quota?.Admit(1);
            KeyFile.Parse(input, ring, TimeProvider.System);
        }
        catch (FormatException e)
        {
            FuzzException.Unless(e.Message.Length > 5, "a mistake is no sentence");
        }
    }
}
