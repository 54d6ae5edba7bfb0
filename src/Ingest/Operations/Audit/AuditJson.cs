using System.Text.Json.Serialization;

namespace Ingest.Operations.Audit;

/// <summary>The JSON of the audit trail, compiled.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(AuditEntry))]
[JsonSerializable(typeof(AuditPage))]
public sealed partial class AuditJson : JsonSerializerContext;
