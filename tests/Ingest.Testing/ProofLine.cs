using System.Globalization;

namespace Ingest.Testing;

/// <summary>
/// What a campaign of faults came to, in one line that checks/proof.sh adds up: <c>proof: injections=3 acknowledged=900 lost=0 …</c>. A
/// figure that the campaign does not judge is <c>-</c>.
/// </summary>
public sealed record ProofLine
{
    /// <summary>Faults that were injected.</summary>
    public required long Injections { get; init; }

    /// <summary>Events that were answered with 202, or were acknowledged by the log alone where there is no node.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Of these, how many never arrived.</summary>
    public long? Lost { get; init; }

    /// <summary>Deliveries beyond the first of an event.</summary>
    public long? Twice { get; init; }

    /// <summary>Events delivered behind a later one of their key.</summary>
    public long? Misordered { get; init; }

    /// <summary>Untrue answers: other numbers than delivered, a refusal of what was stored, half a batch, another event.</summary>
    public long? FalseAnswers { get; init; }

    /// <summary>Longest time from a fault, or from its end where it lasts, to the next 202.</summary>
    public TimeSpan? SlowestRecovery { get; init; }

    /// <summary>The figures the oracle found.</summary>
    public static ProofLine Of(OracleReport report, long injections, TimeSpan slowestRecovery)
    {
        ArgumentNullException.ThrowIfNull(report);
        return new ProofLine
        {
            Injections = injections,
            Acknowledged = report.Acknowledged,
            Lost = report[Finding.Lost],
            Twice = report[Finding.Duplicated] + report[Finding.Repeated],
            Misordered = report[Finding.Misordered] + report[Finding.Backdated],
            FalseAnswers = report[Finding.Misnumbered] + report[Finding.RefusedButStored] + report[Finding.Torn]
                + report[Finding.Unexpected],
            SlowestRecovery = slowestRecovery > TimeSpan.Zero ? slowestRecovery : null,
        };
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"proof: injections={Injections} acknowledged={Acknowledged} lost={Text(Lost)} twice={Text(Twice)} "
        + $"misordered={Text(Misordered)} false={Text(FalseAnswers)} recovery_ms={Text((long?)SlowestRecovery?.TotalMilliseconds)}");

    private static string Text(long? figure) => figure?.ToString(CultureInfo.InvariantCulture) ?? "-";
}
