using Ingest.Testing;

namespace Ingest.Fuzz.Targets;

/// <summary>Payloads of real senders, from the tests' data: those that are small enough for an input.</summary>
internal static class RealPayloads
{
    internal static IReadOnlyList<string> Lines { get; } =
    [
        .. File.ReadLines(Path.Combine(SourceTree.Root, "tests", "data", "github-webhooks.ndjson"))
            .Where(line => line.Length < 3000).OrderBy(line => line.Length).Take(6),
    ];
}
