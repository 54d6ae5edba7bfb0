using System.Text;
using System.Text.Json;
using Ingest.Health.Policy;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A policy file. It comes into force, or one sentence says what is wrong; and what came into force is written and read as the same policy.
/// </summary>
internal sealed class PolicyTarget : FuzzTarget
{
    public override string Name => "policy";

    internal override IEnumerable<byte[]> Seeds =>
    [
        .. new[]
        {
            "{}", "{\"enabled\":true,\"rateLimit\":1000.5,\"acks\":\"durable,delivered\",\"circuitBreakerThreshold\":0.5}",
            "// c\n{\"streams\":{\"clicks\":{\"enabled\":false},\"a\":{\"rateLimit\":5,\"acks\":\"delivered\"},},\"keys\":{\"shop\":{}}}",
        }.Select(Encoding.UTF8.GetBytes),
    ];

    internal override IReadOnlyList<byte[]> Words => WordsOf(
        "{", "}", "\"enabled\":", "\"rateLimit\":", "\"acks\":\"durable\"", "\"circuitBreakerThreshold\":", "\"streams\":{", "\"keys\":{",
        "\"a\":{", "null",
        "true", "1e999", "1e-999", "-0", "\"\\ud800\":", "\"Enabled\":", ",", "//", "/*", "*/", "\n", "[", "]", "\"\":");

    public override void Run(byte[] input)
    {
        var mistake = PolicyDocument.Parse(input, out var document);
        if (mistake is not null)
        {
            FuzzException.Unless(mistake.Length > 10 && mistake.EndsWith('.'), "a mistake is no sentence");
            FuzzException.Unless(mistake.Length < 4 * FuzzTarget.InputBytesMax, "a mistake is longer than the file");
            return;
        }
        _ = new OperatorPolicy(document, TimeProvider.System, before: null).Check("a", "shop", events: 1);
        var written = JsonSerializer.SerializeToUtf8Bytes(document, PolicyJson.Default.PolicyDocument);
        FuzzException.Unless(PolicyDocument.Parse(written, out var again) is null, "a policy is not accepted as it is written");
        FuzzException.Unless(
            written.AsSpan().SequenceEqual(JsonSerializer.SerializeToUtf8Bytes(again, PolicyJson.Default.PolicyDocument)),
            "a policy is read as another");
    }
}
