using System.Text.Json.Serialization;

namespace Ingest.Worker.Verify.Judging;

/// <summary>The verdict, for scripts.</summary>
/// <param name="Run">The run.</param>
/// <param name="Sent">Events that were sent.</param>
/// <param name="Acknowledged">Of these, answered with 202.</param>
/// <param name="Refused">Of these, refused for good.</param>
/// <param name="Unknown">Of these, without a known outcome: either is right.</param>
/// <param name="Arrived">Of the events sent, those in the sink.</param>
/// <param name="Recovered">Of the unknown, those in the sink.</param>
/// <param name="Lost">Acknowledged, and not in the sink.</param>
/// <param name="Unexpected">In the sink, and never sent, refused, or not as it was sent.</param>
/// <param name="Duplicated">Arrivals beyond an event's first.</param>
/// <param name="OutOfOrder">Acknowledged events that came first behind a later one of their key.</param>
/// <param name="Foreign">What the sink has of others.</param>
/// <param name="Seconds">How long the sink was read.</param>
/// <param name="First">The first offenders by finding.</param>
internal sealed record VerifyReport(
    string Run,
    long Sent,
    long Acknowledged,
    long Refused,
    long Unknown,
    long Arrived,
    long Recovered,
    long Lost,
    long Unexpected,
    long Duplicated,
    long OutOfOrder,
    long Foreign,
    double Seconds,
    SortedDictionary<string, string[]> First)
{
    /// <summary>Whether a promise is broken.</summary>
    /// <param name="noDuplicates">Whether a duplicate counts, which delivery at least once allows.</param>
    internal bool IsBroken(bool noDuplicates) => Lost + Unexpected + OutOfOrder + (noDuplicates ? Duplicated : 0) > 0;
}

/// <summary>Serializers of the verdict.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(VerifyReport))]
internal sealed partial class VerifyJson : JsonSerializerContext;
