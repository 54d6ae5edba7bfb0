using Ingest.Health;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Keys;
using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>What the native intake and the dialects share: the same limits, budgets, keys, window of repeats and counters.</summary>
internal sealed record IntakeParts
{
    internal required IntakeOptions Options { get; init; }

    internal required StreamDirectory Streams { get; init; }

    internal required AdmissionGate Gate { get; init; }

    internal required Authentication Authentication { get; init; }

    internal required BufferBudget Budget { get; init; }

    internal required BodyArrival Arrival { get; init; }

    internal required BodyDecoder Decoder { get; init; }

    internal required IdempotencyWindow Window { get; init; }

    internal required RequestMetrics Metrics { get; init; }

    internal required IRetryAdvice Advice { get; init; }

    internal required Refusals Refusals { get; init; }

    internal required LingeringClose Lingering { get; init; }

    internal required TimeProvider Time { get; init; }

    internal required ILogger Logger { get; init; }

    /// <summary>Says under which id the request is found again, and closes connections where that is wanted.</summary>
    internal required Action<Microsoft.AspNetCore.Http.HttpContext> Begin { get; init; }

    /// <summary>Counts a request in (1) and out (-1).</summary>
    internal required Action<int> InFlight { get; init; }
}
