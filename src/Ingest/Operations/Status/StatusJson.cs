using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ingest.Operations.Status;

/// <summary>The JSON of <see cref="NodeStatus"/>, compiled: no reflection at start and none per request.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, NumberHandling = JsonNumberHandling.Strict)]
[JsonSerializable(typeof(NodeStatus))]
[JsonSerializable(typeof(RewindPreview))]
[JsonSerializable(typeof(ParkedPage))]
[JsonSerializable(typeof(ParkedChanged))]
public sealed partial class StatusJson : JsonSerializerContext
{
    /// <summary>For writing: what is no markup stays as it is, for the document is JSON by content type and in no page.</summary>
    public static StatusJson Plain { get; } = new(new JsonSerializerOptions
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    });

    /// <summary>A word in snake case: <c>HalfOpen</c> is <c>half_open</c>.</summary>
    internal static string Snake<T>(T value)
        where T : struct, Enum =>
        JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
