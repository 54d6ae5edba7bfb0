using System.Diagnostics.Metrics;
using Ingest.Publishing.Accounting;
using Ingest.Sinks.Contract;

namespace Ingest.Tests.Publishing;

public sealed class AttemptCountsTests
{
    [Theory]
    [InlineData(VerdictKind.Delivered, "")]
    [InlineData(VerdictKind.Retryable, "error.type=retryable ")]
    public void An_attempt_is_measured_with_the_names_of_the_conventions_and_an_error_where_it_failed(VerdictKind kind, string error)
    {
        using var instruments = new Instruments();
        using var listener = new MeterListener();
        var seen = new List<string>();
        listener.SetMeasurementEventCallback<double>((_, _, tags, _) =>
            seen.Add(string.Join(' ', tags.ToArray().Select(tag => $"{tag.Key}={tag.Value}").Order(StringComparer.Ordinal))));
        listener.EnableMeasurementEvents(instruments.AttemptDuration);

        new AttemptCounts().Add("north", "kafka", kind, TimeSpan.FromSeconds(1), instruments);

        var verdict = kind.ToString().ToLowerInvariant();
        Assert.Equal([$"{error}lane=north messaging.operation.name=send messaging.system=kafka verdict={verdict}"], seen);
    }
}
