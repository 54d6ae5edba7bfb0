using System.Text.Json.Serialization;
using Ingest.Wal.Inspection;
using Ingest.Wal.Repair;

namespace Ingest.Worker.Commands.Wal;

/// <summary>The JSON of <c>wal</c>.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(LogSummary))]
[JsonSerializable(typeof(VerifyReport))]
[JsonSerializable(typeof(RepairReport))]
internal sealed partial class WalJson : JsonSerializerContext;
