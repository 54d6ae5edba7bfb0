using ArchUnitNET.Loader;

namespace Ingest.Tests.Architecture;

/// <summary>Stations refer only to those they may. The stations of an event's journey meet only where this table says.</summary>
public sealed class ReferenceTests
{
    internal static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Events"] = [],
        ["Health"] = ["Wal.Storage"],
        ["Drain"] = [],
        ["Sinks"] = ["Events", "Wal.Storage", "Wal.Format"],
        ["Queue"] = ["Events", "Health", "Drain", "Wal"],
        ["Intake"] = ["Events", "Queue", "Health", "Drain", "Wal.Writing"],
        ["Publishing"] = ["Events", "Sinks", "Health", "Drain", "Wal"],
        ["DeadLetters"] = ["Events", "Sinks", "Publishing", "Health", "Wal"],
        ["Operations"] = ["Events", "Intake", "Queue", "Publishing", "Sinks", "DeadLetters", "Health", "Drain", "Wal"],
        ["Hosting"] = ["Events", "Intake", "Queue", "Publishing", "Sinks", "DeadLetters", "Health", "Drain", "Operations", "Wal"],
    };

    private static readonly ArchUnitNET.Domain.Architecture Code = new ArchLoader()
        .LoadAssemblies(typeof(Instruments).Assembly, typeof(Wal.WriteAheadLog).Assembly)
        .Build();

    // Types that refer to one another in each way that code can.
    private static readonly string Root = typeof(Example.Shared).Namespace!;

    private static readonly StationReferences ExampleStations = new(
        new ArchLoader().LoadNamespacesWithinAssembly(typeof(Example.Shared).Assembly, Root).Build(), Root);

    [Fact]
    public void Every_station_refers_only_to_the_stations_it_may()
    {
        var violations = string.Join(Environment.NewLine, new StationReferences(Code, "Ingest").Violations(Allowed));

        Assert.True(violations.Length == 0, violations);
    }

    [Fact]
    public void Every_station_has_a_row()
    {
        Assert.Equal(
            Allowed.Keys.Append("Wal").Order(StringComparer.Ordinal), new StationReferences(Code, "Ingest").Stations);
    }

    [Theory]
    [InlineData("InField", "Lower.Part")]
    [InlineData("InBody", "Lower.Part")]
    [InlineData("InLambda", "Lower.Deep.Deeper")]
    [InlineData("InAsync", "Lower.Deep.Deeper")]
    [InlineData("InGeneric", "Lower.Part")]
    public void A_reference_that_is_not_allowed_is_found_wherever_it_is(string from, string to)
    {
        var found = ExampleStations.Violations(new Dictionary<string, string[]> { ["Lower"] = [], ["Upper"] = [] });

        Assert.Contains(found, line => line.StartsWith($"{Root}.Upper.{from}", StringComparison.Ordinal)
            && line.EndsWith($"refers to {Root}.{to}", StringComparison.Ordinal));
        Assert.DoesNotContain(found, line => line.StartsWith($"{Root}.Lower", StringComparison.Ordinal));
    }

    [Fact]
    public void A_part_of_a_station_can_be_allowed_alone()
    {
        var found = ExampleStations.Violations(new Dictionary<string, string[]> { ["Upper"] = ["Lower.Deep"] });

        Assert.Contains(found, line => line.EndsWith("Lower.Part", StringComparison.Ordinal));
        Assert.DoesNotContain(found, line => line.EndsWith("Lower.Deep.Deeper", StringComparison.Ordinal));
        Assert.Empty(ExampleStations.Violations(new Dictionary<string, string[]> { ["Upper"] = ["Lower"] }));
    }

    [Fact]
    public void The_log_references_nothing_of_ours_and_no_package()
    {
        var project = string.Join('\n', Repository.Lines("wal/Ingest.Wal.csproj"));
        Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("ProjectReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("FrameworkReference", project, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_has_no_thread_no_clock_and_no_logger()
    {
        string[] banned = ["TimeProvider", "new Thread(", "Task.Run", "ThreadPool.", "ILogger", "Timer(", "Console."];
        Assert.All(Repository.Files("wal", ".cs").SelectMany(Repository.Lines), line =>
            Assert.DoesNotContain(banned, word => line.Contains(word, StringComparison.Ordinal)));
    }
}
