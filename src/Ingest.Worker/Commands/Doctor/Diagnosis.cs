using System.Text.Json.Serialization;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>How well something is.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<Verdict>))]
internal enum Verdict
{
    /// <summary>Passed: nothing is wrong.</summary>
    [JsonStringEnumMemberName("good")]
    Good,

    /// <summary>Skipped: the check could not be made, and its finding says why.</summary>
    [JsonStringEnumMemberName("skipped")]
    Skipped,

    /// <summary>Works today, and may fail later.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>Failed: an operator has to act.</summary>
    [JsonStringEnumMemberName("bad")]
    Bad,
}

/// <summary>What was found of one subject.</summary>
/// <param name="Subject">What was looked at, such as <c>disk</c>.</param>
/// <param name="Verdict">How well it is.</param>
/// <param name="Found">What was found, one sentence.</param>
/// <param name="Advice">What to do; empty where nothing is to be done.</param>
/// <param name="Reason">What a sink said; empty where none did.</param>
internal sealed record Diagnosis(string Subject, Verdict Verdict, string Found, string Advice = "", string Reason = "");

/// <summary>All that was found.</summary>
/// <param name="Verdict">The worst of it.</param>
/// <param name="Checks">Each.</param>
internal sealed record DoctorReport(Verdict Verdict, Diagnosis[] Checks);

/// <summary>Serializers of the diagnosis.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(DoctorReport))]
internal sealed partial class DoctorJson : JsonSerializerContext;
