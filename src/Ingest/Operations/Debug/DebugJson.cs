using System.Text.Json.Serialization;

namespace Ingest.Operations.Debug;

/// <summary>The JSON of <c>/debug</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(HeapView))]
[JsonSerializable(typeof(ThreadView))]
[JsonSerializable(typeof(LogView))]
[JsonSerializable(typeof(IReadOnlyList<ShownSetting>))]
internal sealed partial class DebugJson : JsonSerializerContext;
