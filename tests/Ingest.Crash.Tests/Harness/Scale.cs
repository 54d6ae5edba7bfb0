using System.Globalization;

namespace Ingest.Crash.Tests.Harness;

/// <summary>How much of it: small numbers in <c>make test</c>; environment variables set larger ones for <c>make stress</c>.</summary>
internal static class Scale
{
    /// <summary>Rounds of kill -9.</summary>
    internal static int KillRounds => (int)Read("INGEST_TEST_KILL_ROUNDS", 30);

    /// <summary>Events that wait while memory is measured.</summary>
    internal static long BacklogEvents => Read("INGEST_TEST_BACKLOG_EVENTS", 1_000_000);

    /// <summary>Bytes of payload that wait while start-up is measured.</summary>
    internal static long BacklogBytes => Read("INGEST_TEST_BACKLOG_BYTES", 1_000_000_000);

    private static long Read(string variable, long usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? long.Parse(value, CultureInfo.InvariantCulture) : usual;
}
