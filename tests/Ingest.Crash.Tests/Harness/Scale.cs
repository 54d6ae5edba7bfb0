using System.Globalization;

namespace Ingest.Crash.Tests.Harness;

/// <summary>How much of it: small numbers in <c>make test</c>; environment variables set larger ones for <c>make stress</c>.</summary>
internal static class Scale
{
    /// <summary>Rounds of kill -9.</summary>
    internal static int KillRounds => (int)Read("INGEST_TEST_KILL_ROUNDS", 12);

    /// <summary>Cuts of the power.</summary>
    internal static int PowerRounds => (int)Read("INGEST_TEST_POWER_ROUNDS", 3);

    /// <summary>Bits flipped in a stopped node's files.</summary>
    internal static int Flips => (int)Read("INGEST_TEST_FLIPS", 4);

    /// <summary>Lives that end while the clock steps.</summary>
    internal static int ClockRounds => (int)Read("INGEST_TEST_CLOCK_ROUNDS", 4);

    /// <summary>Nodes destroyed with their disks.</summary>
    internal static int DestroyedRounds => (int)Read("INGEST_TEST_DESTROYED_ROUNDS", 3);

    /// <summary>Rounds of kill -9 around dead letters.</summary>
    internal static int DeadLetterRounds => (int)Read("INGEST_TEST_DEADLETTER_ROUNDS", 4);

    /// <summary>Rounds of kill -9 around the store of dead letters.</summary>
    internal static int StoreRounds => (int)Read("INGEST_TEST_STORE_ROUNDS", 3);

    /// <summary>Events that wait while memory is measured.</summary>
    internal static long BacklogEvents => Read("INGEST_TEST_BACKLOG_EVENTS", 400_000);

    /// <summary>Bytes of payload that wait while start-up is measured.</summary>
    internal static long BacklogBytes => Read("INGEST_TEST_BACKLOG_BYTES", 500_000_000);

    /// <summary>Requests a second in front of a fleet.</summary>
    internal static int FleetRate => (int)Read("INGEST_TEST_FLEET_RATE", 300);

    /// <summary>How long they go on at least; 0: as long as what is tested takes.</summary>
    internal static TimeSpan FleetTime => TimeSpan.FromSeconds(Read("INGEST_TEST_FLEET_SECONDS", 0));

    /// <summary>Bytes of payload that pass through the log of a node in a small container before its memory is driven up.</summary>
    internal static long CacheBytes => Read("INGEST_TEST_CACHE_BYTES", 300_000_000);

    /// <summary>Questions to health.</summary>
    internal static int HealthProbes => (int)Read("INGEST_TEST_HEALTH_PROBES", 1500);

    /// <summary>Requests a second meanwhile.</summary>
    internal static int HealthRate => (int)Read("INGEST_TEST_HEALTH_RATE", 500);

    private static long Read(string variable, long usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } value ? long.Parse(value, CultureInfo.InvariantCulture) : usual;
}
