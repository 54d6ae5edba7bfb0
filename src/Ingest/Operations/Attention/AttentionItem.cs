namespace Ingest.Operations.Attention;

/// <summary>Something that is wrong now.</summary>
/// <param name="Code">What kind, in snake case, stable.</param>
/// <param name="Subject">The lane it is about; empty: the node.</param>
/// <param name="Severity">
/// <c>bad</c>: events are refused, lost or not delivered. <c>warning</c>: they will be, or wait for a decision.
/// </param>
/// <param name="What">What is wrong, one sentence.</param>
/// <param name="Since">Since when, wall time: within a second of it, or when the process started.</param>
/// <param name="Next">What happens next by itself; empty where nothing does.</param>
/// <param name="NextSeconds">In how many seconds; null where that is not known.</param>
/// <param name="Section">Where the handbook says what to do.</param>
public sealed record AttentionItem(
    string Code, string Subject, string Severity, string What, DateTimeOffset Since, string Next, double? NextSeconds, string Section);
