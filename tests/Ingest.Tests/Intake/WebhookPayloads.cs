using System.Text.Json;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Intake;

/// <summary>Real payloads, each as the exact text it has in the file.</summary>
internal static class WebhookPayloads
{
    internal static List<string> All() =>
        [.. File.ReadLines(Path.Combine(Repository.Root, "tests", "data", "github-webhooks.ndjson"))
            .Select(line => JsonDocument.Parse(line).RootElement.GetProperty("payload").GetRawText())];
}
