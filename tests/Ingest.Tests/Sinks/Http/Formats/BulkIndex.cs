using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Tests.Sinks.Http.Formats;

/// <summary>Documents by id: the first of each is created, others are conflicts.</summary>
internal sealed class BulkIndex
{
    private readonly Lock _lock = new();

    // Under the lock.
    private readonly HashSet<string> _ids = [];
    private readonly List<int> _documents = [];

    internal BulkIndex(HttpDownstream server) => server.Answer = Answer;

    /// <summary>Status and error of a document that is not there yet.</summary>
    internal Func<string, string, (int Status, string Type)> Judge { get; set; } = (_, _) => (201, "");

    /// <summary>Member <c>n</c> of the documents that were created, in order; 0 where there is none.</summary>
    internal IReadOnlyList<int> Documents
    {
        get
        {
            lock (_lock)
            {
                return [.. _documents];
            }
        }
    }

    private DownstreamAnswer Answer(DownstreamRequest request)
    {
        var lines = request.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        string items;
        lock (_lock)
        {
            items = string.Join(',', lines.Chunk(2).Select(pair => ItemNeedsLock(pair[0], pair[1])));
        }
        var body = $"{{\"errors\":true,\"items\":[{items}]}}";
        return new DownstreamAnswer(200, body) { ContentType = "application/json" };
    }

    private string ItemNeedsLock(string action, string document)
    {
        using var parsed = JsonDocument.Parse(action);
        var id = parsed.RootElement.GetProperty("create").GetProperty("_id").GetString()!;
        var (status, type) = _ids.Contains(id) ? (409, "version_conflict_engine_exception") : Judge(document, id);
        if (status is 200 or 201)
        {
            _ids.Add(id);
            using var json = JsonDocument.Parse(document);
            _documents.Add(json.RootElement.TryGetProperty("n", out var n) ? n.GetInt32() : 0);
        }
        var error = type.Length > 0 ? $",\"error\":{{\"type\":\"{type}\",\"reason\":\"why\"}}" : "";
        return $"{{\"create\":{{\"status\":{status}{error}}}}}";
    }
}
