using System.Text.Json.Serialization;

namespace Ingest.Operations.History;

/// <summary>
/// The document at <c>/history</c>: what the node did in the last hour, in steps of equal length, since its process started.
/// </summary>
public sealed record HistoryPage
{
    /// <summary>Length of a step, in seconds.</summary>
    public required int StepSeconds { get; init; }

    /// <summary>When each step begins, wall time.</summary>
    public required IReadOnlyList<DateTimeOffset> Times { get; init; }

    /// <summary>Rows of the node by name; null where nothing is known of a step.</summary>
    public required IReadOnlyDictionary<string, double?[]> Node { get; init; }

    /// <summary>Rows by lane and name. The breaker is 0 closed, 1 half open, 2 open.</summary>
    public required IReadOnlyDictionary<string, Dictionary<string, double?[]>> Lanes { get; init; }

    /// <summary>What some rows are to be held against, by name.</summary>
    public IReadOnlyDictionary<string, double> Limits { get; init; } = new Dictionary<string, double>();
}

/// <summary>Serializers of the page.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(HistoryPage))]
public sealed partial class HistoryJson : JsonSerializerContext;
