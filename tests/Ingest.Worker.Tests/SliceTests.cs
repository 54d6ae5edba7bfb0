using System.Globalization;
using System.Net;
using Ingest.Hosting;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class SliceTests : IDisposable
{
    // Who reads requests, who writes answers, and who flushes.
    private static readonly string[] Working = [".NET Sockets", ".NET TP Worker", "ingest-commit"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task The_thread_that_commits_goes_before_the_others_where_it_may()
    {
        Assert.SkipUnless(MayGoFirst(), "needs the right to go before others");
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"] });

        var nice = Threads(node).ToLookup(thread => thread.Name, thread => NiceOf($"/proc/{node.Pid}/task/{thread.Number}/stat"));

        var usual = NiceOf($"/proc/{node.Pid}/stat");
        Assert.Equal([usual - 5], nice["ingest-commit"]);
        Assert.All(nice[".NET Sockets"], value => Assert.Equal(usual, value));
    }

    [Fact]
    public async Task Every_thread_that_works_on_requests_has_the_shortest_slice()
    {
        Assert.SkipWhen(SchedulerSlice.Of(0) == TimeSpan.Zero, "this kernel has no slices (Linux 6.12)");
        using var node = await IngestProcess.StartReadyAsync(new IngestSetup { Data = _directory["data"] });
        using (var http = new HttpClient())
        using (var body = new StringContent("{}", mediaType: new("application/json")))
        using (var answer = await http.PostAsync(new Uri(node.Setup.Intake, "/v1/events"), body, TestContext.Current.CancellationToken))
        {
            Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        }

        var threads = Threads(node).Where(thread => Working.Contains(thread.Name)).ToList();

        Assert.Equal(Working, threads.Select(thread => thread.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(threads, thread => Assert.Equal(SchedulerSlice.Shortest, SchedulerSlice.Of(thread.Number)));
    }

    [Fact]
    public void A_thread_keeps_what_it_was_given_and_passes_it_on()
    {
        Assert.SkipWhen(SchedulerSlice.Of(0) == TimeSpan.Zero, "this kernel has no slices (Linux 6.12)");
        var slice = TimeSpan.FromMilliseconds(2);
        var (own, inherited) = (TimeSpan.Zero, TimeSpan.Zero);
        var thread = new Thread(() =>
        {
            SchedulerSlice.Set(slice);
            own = SchedulerSlice.Of(0);
            var child = new Thread(() => inherited = SchedulerSlice.Of(0));
            child.Start();
            child.Join();
        });
        thread.Start();
        thread.Join();
        Assert.Equal((slice, slice), (own, inherited));
    }

    private static List<(string Name, int Number)> Threads(IngestProcess node) =>
        [.. Directory.EnumerateDirectories($"/proc/{node.Pid}/task").Select(path => (
            File.ReadAllText(Path.Combine(path, "comm")).TrimEnd(),
            int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture)))];

    // The 19th field of proc(5)'s stat; the second, a name in parentheses, may hold blanks.
    private static int NiceOf(string stat) =>
        int.Parse(File.ReadAllText(stat).Split(')')[^1].Split(' ')[17], CultureInfo.InvariantCulture);

    private static bool MayGoFirst()
    {
        var nice = 0;
        var thread = new Thread(() =>
        {
            Niceness.PutAbove();
            nice = NiceOf("/proc/thread-self/stat");
        });
        thread.Start();
        thread.Join();
        return nice < NiceOf("/proc/self/stat");
    }
}
