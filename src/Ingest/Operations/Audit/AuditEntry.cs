namespace Ingest.Operations.Audit;

/// <summary>Something an operator did to the node.</summary>
/// <param name="Number">Its number: from 1, without gaps.</param>
/// <param name="Time">When it was done.</param>
/// <param name="Action">What, such as <c>deadletters.drop</c>.</param>
/// <param name="Target">To what: a lane, a filter, a number of letters.</param>
/// <param name="Detail">What came of it.</param>
/// <param name="Operator">Who, as the request says (<c>Ingest-Operator</c>); not checked. Null where it does not.</param>
/// <param name="From">The address the request came from.</param>
public sealed record AuditEntry(
    long Number, DateTimeOffset Time, string Action, string Target, string Detail, string? Operator, string From);

/// <summary>Some of the audit trail, the latest entry first.</summary>
/// <param name="Entries">These.</param>
/// <param name="Next">To be given as <c>before</c> for earlier ones; null when there are none.</param>
/// <param name="Lost">Entries that could not be read.</param>
public sealed record AuditPage(IReadOnlyList<AuditEntry> Entries, long? Next, long Lost);
