using System.Text.Json.Serialization;
using Ingest.Wal.Inspection;

namespace Ingest.Worker.Commands;

/// <summary>The JSON of <c>wal</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogSummary))]
[JsonSerializable(typeof(VerifyReport))]
internal sealed partial class WalJson : JsonSerializerContext;
