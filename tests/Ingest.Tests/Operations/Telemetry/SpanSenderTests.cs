using System.Diagnostics;
using Ingest.Operations.Telemetry;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using OpenTelemetry;

namespace Ingest.Tests.Operations.Telemetry;

public sealed class SpanSenderTests
{
    [Fact]
    public async Task An_exporter_that_throws_ends_neither_the_thread_nor_the_process_and_the_spans_are_sent_again()
    {
        using var instruments = new Instruments();
        using var answers = new CollectorAnswers(TimeProvider.System);
        using var exporter = new BrokenExporter();
        using var sender = new SpanSender(
            exporter, answers, TimeSpan.FromMilliseconds(10), instruments, TimeProvider.System, NullLogger.Instance);
        using var span = new Activity("of a request") { ActivityTraceFlags = ActivityTraceFlags.Recorded };

        sender.OnEnd(span.Start());

        await Poll.Until("the span was taken", () => exporter.Taken == 1);
        Assert.Equal(2, exporter.Tries);
    }

    private sealed class BrokenExporter : BaseExporter<Activity>
    {
        private int _tries;
        private int _taken;

        internal int Tries => Volatile.Read(ref _tries);

        internal int Taken => Volatile.Read(ref _taken);

        public override ExportResult Export(in Batch<Activity> batch)
        {
            if (Interlocked.Increment(ref _tries) == 1)
            {
                throw new InvalidOperationException("The exporter broke.");
            }
            Interlocked.Add(ref _taken, (int)batch.Count);
            return ExportResult.Success;
        }
    }
}
