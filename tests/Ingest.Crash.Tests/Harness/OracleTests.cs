using Ingest.Testing;

namespace Ingest.Crash.Tests.Harness;

/// <summary>The judge is tried first: a server that lies must be caught, and one that does not must not be accused.</summary>
public sealed class OracleTests
{
    [Theory]
    [InlineData(Lie.None)]
    [InlineData(Lie.CutsAfterStoring)]
    [InlineData(Lie.StoresWhatItCouldNotFlush)]
    public async Task A_server_that_keeps_its_word_is_not_accused(Lie behaviour)
    {
        var report = await RunAsync(behaviour);

        Assert.True(report.IsClean, report.ToString());
        Assert.Equal(report.Delivered, report.Acknowledged + report.Recovered);
        Assert.Equal(behaviour == Lie.None, report.Recovered == 0);
    }

    [Theory]
    [InlineData(Lie.Loses, Finding.Lost)]
    [InlineData(Lie.Tears, Finding.Torn)]
    [InlineData(Lie.Tears, Finding.Lost)]
    [InlineData(Lie.Duplicates, Finding.Duplicated)]
    [InlineData(Lie.Alters, Finding.Unexpected)]
    [InlineData(Lie.Invents, Finding.Unexpected)]
    [InlineData(Lie.Misfiles, Finding.Unexpected)]
    [InlineData(Lie.Rekeys, Finding.Unexpected)]
    [InlineData(Lie.StoresWhatItRefused, Finding.RefusedButStored)]
    [InlineData(Lie.Misorders, Finding.Misordered)]
    [InlineData(Lie.Backdates, Finding.Backdated)]
    [InlineData(Lie.Misnumbers, Finding.Misnumbered)]
    [InlineData(Lie.Repeats, Finding.Repeated)]
    [InlineData(Lie.Skips, Finding.Gap)]
    [InlineData(Lie.Hangs, Finding.Hung)]
    public async Task A_server_that_lies_is_caught(Lie lie, Finding finding)
    {
        var report = await RunAsync(lie);

        Assert.True(report[finding] > 0, report.ToString());
    }

    [Fact]
    public void A_line_cut_in_the_middle_is_no_line()
    {
        using var output = new TemporaryDirectory();
        Directory.CreateDirectory(output["default"]);
        File.WriteAllText(output["default/1.ndjson"], "{\"seq\":1,\"data\":1}\n{\"seq\":2,\"da");

        Assert.Throws<InvalidDataException>(() => DeliveredEvents.Read(output.Path, _ => { }));
    }

    private static async Task<OracleReport> RunAsync(Lie lie)
    {
        using var output = new TemporaryDirectory();
        await using var node = await LyingNode.StartAsync(lie);
        var journal = new EventJournal(new EventSource(seed: 1));
        var shape = new LoadShape { Connections = 4, EventsMax = 3000, Patience = TimeSpan.FromSeconds(lie == Lie.Hangs ? 0.1 : 30) };
        await new LoadClient(node.Port, journal, shape, seed: 1).RunAsync(TestContext.Current.CancellationToken);
        node.Deliver(output.Path);
        Assert.True(node.Lies > 0 || lie == Lie.None);
        return Oracle.Judge(journal, output.Path, PassedOverNumbers.None);
    }
}
