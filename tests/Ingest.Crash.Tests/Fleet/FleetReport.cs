using System.Buffers;
using System.Globalization;
using System.Text;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Fleet;

/// <summary>
/// What producers were told beside what several nodes have delivered. Each node numbers its own log, so events are told apart by their
/// payload alone.
/// </summary>
internal sealed class FleetReport
{
    private readonly IReadOnlyList<OpenLoopRequest> _requests;
    private readonly EventSource _source;
    private readonly int[] _delivered;
    private readonly ArrayBufferWriter<byte> _expected = new();

    private FleetReport(OpenLoopJournal journal)
    {
        (_requests, _source) = (journal.Requests, journal.Source);
        _delivered = new int[_requests.Count + 1];
        Failed = [.. _requests.Where(request => !request.Direct && !request.Accepted)];
    }

    /// <summary>Producers' requests with any other outcome than 202.</summary>
    internal IReadOnlyList<OpenLoopRequest> Failed { get; }

    /// <summary>Events of a 202 that no node has delivered.</summary>
    internal int Lost => _requests.Count(request => request.Accepted && _delivered[request.Id] == 0);

    /// <summary>Deliveries beyond the first of an event.</summary>
    internal int Duplicates => _delivered.Sum(times => Math.Max(0, times - 1));

    /// <summary>Lines that are no event of ours, or not as it was sent.</summary>
    internal int Unexpected { get; private set; }

    internal static FleetReport Judge(OpenLoopJournal journal, IReadOnlyList<string> outputs)
    {
        var report = new FleetReport(journal);
        foreach (var output in outputs)
        {
            DeliveredEvents.Read(output, report.Deliver);
        }
        return report;
    }

    /// <summary>For the table of checks/proof.sh; order between nodes is not promised, and not judged.</summary>
    internal ProofLine Proof(long injections) => new()
    {
        Injections = injections,
        Acknowledged = _requests.Count(request => request.Accepted),
        Lost = Lost,
        Twice = Duplicates,
        FalseAnswers = Unexpected,
    };

    /// <summary>The numbers of the events in a file sink's output.</summary>
    internal static HashSet<long> Ids(string output)
    {
        var ids = new HashSet<long>();
        DeliveredEvents.Read(output, delivered => ids.Add(EventSource.ReadId(delivered.Payload.Span)));
        return ids;
    }

    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var style in _requests.Where(request => !request.Direct).GroupBy(request => request.Fresh).OrderBy(style => style.Key))
        {
            var latencies = style.Where(request => request.Accepted).Select(Latency).Order().ToList();
            var seconds = TimeProvider.System.GetElapsedTime(style.First().DueAt, style.Last().DueAt).TotalSeconds;
            text.Append(
                CultureInfo.InvariantCulture,
                $"{(style.Key ? "one request a connection" : "keep-alive"),-25} {style.Count(),8:N0} requests, ");
            text.Append(
                CultureInfo.InvariantCulture, $"{style.Count() / seconds:N0}/s, failed {style.Count(request => !request.Accepted)}; ");
            text.Append(CultureInfo.InvariantCulture, $"p50 {At(latencies, 0.5):F1} ms, p99 {At(latencies, 0.99):F1} ms, ");
            text.Append(CultureInfo.InvariantCulture, $"max {At(latencies, 1):F0} ms\n");
        }
        var byStatus = _requests.Where(request => !request.Direct).CountBy(request => request.Status);
        var statuses = string.Join(", ", byStatus.Select(pair => $"{pair.Value} × {pair.Key}"));
        text.Append(CultureInfo.InvariantCulture, $"answers {statuses}\n");
        text.Append(
            CultureInfo.InvariantCulture, $"failed {Failed.Count}, lost {Lost}, duplicates {Duplicates}, unexpected {Unexpected}");
        return text.ToString();
    }

    private void Deliver(DeliveredEvent delivered)
    {
        var id = EventSource.ReadId(delivered.Payload.Span);
        if (id < 1 || id >= _delivered.Length)
        {
            Unexpected++;
            return;
        }
        _expected.ResetWrittenCount();
        _source.WriteJson(id, _expected);
        Unexpected += delivered.Payload.Span.SequenceEqual(_expected.WrittenSpan) ? 0 : 1;
        _delivered[id]++;
    }

    private static double Latency(OpenLoopRequest request) =>
        TimeProvider.System.GetElapsedTime(request.DueAt, request.EndedAt).TotalMilliseconds;

    private static double At(List<double> sorted, double share) =>
        sorted.Count == 0 ? 0 : sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];
}
