using System.Globalization;
using System.Net;
using Ingest.Hosting.Lifecycle;
using Ingest.Testing;

namespace Ingest.Worker.Tests;

public sealed class SliceTests : IDisposable
{
    // Who reads requests, who writes answers, and who flushes.
    private static readonly string[] Working = [".NET Sockets", ".NET TP Worker", "ingest-commit"];

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

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

        var threads = Directory.EnumerateDirectories($"/proc/{node.Pid}/task")
            .Select(path => (
                Name: NameOf(path),
                Slice: SchedulerSlice.Of(int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))))
            .Where(thread => Working.Contains(thread.Name))
            .ToList();

        Assert.Equal(Working, threads.Select(thread => thread.Name).Distinct().Order(StringComparer.Ordinal));
        Assert.All(threads, thread => Assert.Equal(SchedulerSlice.Shortest, thread.Slice));
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

    // Threads come and go while one looks.
    private static string NameOf(string thread)
    {
        try
        {
            return File.ReadAllText(Path.Combine(thread, "comm")).TrimEnd();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
