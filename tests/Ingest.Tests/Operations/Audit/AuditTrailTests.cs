using Ingest.Operations.Audit;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Operations.Audit;

public sealed class AuditTrailTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Entries_survive_without_an_orderly_end_and_come_latest_first()
    {
        using (var trail = Open())
        {
            Assert.True(trail.Record(Entry("drain")));
            Assert.True(trail.Record(Entry("policy.set")));
            // What lies on the disk now is what a kill would leave.
            CopyTo("copy");
        }
        using var again = Open("copy");
        var page = again.Read(_ => true, null, 10);
        Assert.Equal([(2L, "policy.set"), (1L, "drain")], page.Entries.Select(entry => (entry.Number, entry.Action)));
        Assert.All(page.Entries, entry => Assert.InRange(entry.Time, DateTimeOffset.UnixEpoch.AddYears(50), DateTimeOffset.MaxValue));
    }

    [Fact]
    public void Pages_follow_each_other_and_filters_hold()
    {
        using var trail = Open();
        for (var i = 1; i <= 25; i++)
        {
            trail.Record(Entry(i % 2 == 0 ? "even" : "odd"));
        }
        var first = trail.Read(entry => entry.Action == "odd", null, 10);
        var second = trail.Read(entry => entry.Action == "odd", first.Next, 10);
        Assert.Equal([25L, 23, 21, 19, 17, 15, 13, 11, 9, 7], first.Entries.Select(entry => entry.Number));
        Assert.Equal([5L, 3, 1], second.Entries.Select(entry => entry.Number));
        Assert.Null(second.Next);
    }

    [Fact]
    public void It_is_bounded_and_long_texts_are_cut()
    {
        using var trail = Open();
        for (var i = 0; i < 1300; i++)
        {
            trail.Record(Entry("long") with
            {
                // Six bytes each in JSON.
                Target = new string('<', 5000),
                Detail = new string('<', 5000),
                Operator = new string('<', 5000),
            });
        }
        var bytes = new DirectoryInfo(_directory["audit"]).GetFiles("*", SearchOption.AllDirectories).Sum(file => file.Length);
        Assert.InRange(bytes, 1, 11 * 1024 * 1024);
        var latest = trail.Read(_ => true, null, 1).Entries[0];
        Assert.Equal((1300L, AuditTrail.TextLengthMax), (latest.Number, latest.Target.Length));
    }

    [Fact]
    public void A_trail_that_cannot_be_written_prevents_nothing()
    {
        File.WriteAllText(_directory["audit"], "in the way");
        using var trail = Open();
        Assert.False(trail.Record(Entry("drain")));
        File.Delete(_directory["audit"]);
        Assert.True(trail.Record(Entry("drain")));
    }

    private AuditTrail Open(string name = "audit") => new(_directory[name], TimeProvider.System, NullLogger<AuditTrail>.Instance);

    private static AuditEntry Entry(string action) => new(0, default, action, "target", "done", "someone", "127.0.0.1");

    private void CopyTo(string name)
    {
        foreach (var file in Directory.GetFiles(_directory["audit"], "*", SearchOption.AllDirectories).Where(file =>
            Path.GetFileName(file) != "lock"))
        {
            var target = Path.Combine(_directory[name], Path.GetRelativePath(_directory["audit"], file));
            Directory.CreateDirectory(Path.GetDirectoryName(target)!);
            File.Copy(file, target);
        }
    }
}
