using System.Buffers.Binary;
using System.Text;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>What the process really asks of the kernel: durability is a matter of a few system calls and their order.</summary>
public sealed class SystemCallTests(ITestOutputHelper output)
{
    // Of the position in a slot of a cursor file (wal/FORMAT.md §7).
    private const int SequenceOffset = 16;

    [Fact]
    public async Task Each_commit_group_is_one_write_and_one_flush()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output);
        var log = rig.Beside("trace");
        rig.Setup = rig.Setup with { Wrapper = Tracer.Watch(log, "pwrite64,fdatasync,fsync") };
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        rig.StartLoad();
        await rig.AcceptsAsync(node, requests: 2000);
        await rig.StopLoadAsync();
        var groups = await GroupsAsync(rig.Setup);
        Assert.Equal(0, await node.StopAsync());

        var calls = SystemCall.Read(log).Where(call => IsSegment(call.Path)).ToList();
        output.WriteLine($"{groups} groups, {rig.Client.Accepted} requests; {string.Join(", ", calls.CountBy(call => call.Name))}");
        Assert.Single(calls.Select(call => call.Path).Distinct());
        Assert.Single(calls.Select(call => call.Thread).Distinct());
        Assert.Equal(groups, calls.Count(call => call.Writes));
        Assert.All(calls.Chunk(2), pair => Assert.Equal(["pwrite64", "fdatasync"], pair.Select(call => call.Name)));
        Assert.InRange(groups, 1, rig.Client.Accepted);
        Assert.True(rig.Judge().IsClean);
    }

    [Fact]
    public async Task A_body_of_many_pages_is_received_by_few_calls()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output);
        var log = rig.Beside("trace");
        rig.Setup = rig.Setup with { Wrapper = Tracer.Watch(log, "recvfrom,recvmsg") };
        using var node = await IngestProcess.StartReadyAsync(rig.Setup);
        var body = Encoding.ASCII.GetBytes($"[{string.Join(',', Enumerable.Repeat("\"forty bytes of an event, and some more\"", 1000))}]");
        using (var connection = await RawConnection.ConnectAsync(rig.Setup.IntakePort, TestContext.Current.CancellationToken))
        {
            var head = RawConnection.PostHead("/v1/events", "application/json", body.Length);
            var answer = await connection.ExchangeAsync((byte[])[.. head, .. body], TestContext.Current.CancellationToken);
            Assert.Equal(202, answer.Status);
        }
        Assert.Equal(0, await node.StopAsync());

        var received = SystemCall.Read(log).Select(call => call.Returned ?? 0).ToList();
        output.WriteLine($"{body.Length} bytes by calls of {string.Join(", ", received)}");
        Assert.True(received.Sum() >= body.Length);
        // 4 KiB is what the server takes by itself; the sender's kernel may cut what it was given in two or three.
        Assert.True(received.Max() > 4 * 4096, $"The largest call brought {received.Max()} bytes.");
    }

    [Fact]
    public async Task Names_are_durable_before_anything_relies_on_them()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output, new LoadShape { BatchEventsMax = 200, Percent = (20, 5, 25) });
        var log = rig.Beside("trace");
        rig.Setup = rig.Setup.With(("Wal:SegmentBytes", "1048576")) with { Wrapper = Tracer.Watch(log, Tracer.FileCalls) };
        using (var node = await IngestProcess.StartReadyAsync(rig.Setup))
        {
            rig.StartLoad();
            await Poll.Until("segments were recycled", () => IsRecycled(log) && rig.Client.Accepted > 500);
            var report = await rig.DrainAndJudgeAsync(node);
            Assert.True(report.IsClean, report.ToString());
        }

        var calls = SystemCall.Read(log).Where(call => call.Path.StartsWith(rig.Setup.Data, StringComparison.Ordinal)).ToList();
        output.WriteLine(string.Join(", ", calls.CountBy(call => call.Name)));
        Assert.True(calls.Count(call => call.Renames && IsSegment(call.Path)) > 2, "Segments rolled.");
        NamesAreFlushed(calls);
        CursorsFollowWhatTheyPoint(calls, rig.Output);
    }

    [Fact]
    public async Task Lines_a_killed_process_had_not_flushed_are_flushed_before_the_cursor_passes_them()
    {
        Tracer.SkipWhereForbidden();
        await using var rig = new CrashRig(output, new LoadShape { Connections = 1, EventsMax = 1, Streams = 0, Percent = (100, 0, 0) });
        var log = rig.Beside("trace");
        // Written but not flushed: the lines are in the page cache only, and look to the next process as if they were delivered.
        var dying = rig.Setup with { Wrapper = Tracer.Inject(log, "fdatasync", "signal=SIGKILL", FirstOutput(rig)) };
        using (var node = await IngestProcess.StartReadyAsync(dying))
        {
            rig.StartLoad();
            Assert.Equal(128 + 9, await node.ExitAsync());
        }
        await rig.StopLoadAsync();
        var files = Directory.GetFiles(rig.Output, "*.ndjson", SearchOption.AllDirectories);
        Assert.Contains(files, file => new FileInfo(file).Length > 0);

        using (var next = await IngestProcess.StartReadyAsync(rig.Setup with { Wrapper = Tracer.Watch(log, Tracer.FileCalls) }))
        {
            Assert.Equal(0, await next.StopAsync());
        }
        Assert.Equal(rig.Journal.Attempts.Count, rig.Judge().Delivered);
        var calls = SystemCall.Read(log);
        // Opening saves the cursor once where it stands; the save after that is the one that moves it.
        var opened = calls.FindIndex(call => call.Writes && IsLaneCursor(call.Path));
        var saved = calls.FindIndex(opened + 1, call => call.Writes && IsLaneCursor(call.Path));
        Assert.True(saved > opened && opened >= 0, "The cursor was saved.");
        var flushed = calls.Take(saved).Where(call => call.Flushes).Select(call => call.Path).ToHashSet();
        Assert.All(files, file => Assert.True(flushed.Contains(file), $"{file} was not flushed."));
    }

    /// <summary>
    /// Each new name of the log is followed by an fsync of its directory before the file under that name is written; each recycled
    /// segment's old name is gone for good before its bytes are written over.
    /// </summary>
    private static void NamesAreFlushed(List<SystemCall> calls)
    {
        var pending = new Dictionary<string, SystemCall>();
        foreach (var call in calls)
        {
            if (call.Renames)
            {
                pending[call.Path] = call;
            }
            else if (call.Flushes)
            {
                foreach (var path in pending.Where(entry => entry.Value.Directory == call.Path).Select(entry => entry.Key).ToList())
                {
                    pending.Remove(path);
                }
            }
            else if (call.Writes && pending.TryGetValue(call.Path, out var rename))
            {
                Assert.Fail($"{call.Path} was written before its name was durable ({rename.Name} from {rename.OldPath})");
            }
        }
        Assert.Empty(pending.Keys);
    }

    /// <summary>
    /// A lane's cursor is saved only when the lines of everything it settles are flushed, and the names of their files. Lines behind it may
    /// be on their way meanwhile.
    /// </summary>
    private static void CursorsFollowWhatTheyPoint(List<SystemCall> calls, string output)
    {
        var lines = DeliveredLines.Read(output);
        var saves = calls.Where(call => call.Writes && IsLaneCursor(call.Path)).ToList();
        Assert.True(saves.Count > 1, "Cursors were saved.");
        foreach (var save in saves)
        {
            var sequence = BinaryPrimitives.ReadInt64LittleEndian(save.FirstBytes.AsSpan(SequenceOffset));
            var before = calls.Where(call => call.Ended < save.Begun).ToList();
            foreach (var (file, needed) in lines.EndsUpTo(sequence))
            {
                Assert.True(FlushedEnd(before, file) >= needed, $"{file} was not flushed up to {needed} when {sequence} was saved.");
                Assert.True(IsNameFlushed(before, file), $"The name of {file} was not durable when {sequence} was saved.");
            }
        }
        Assert.True(lines.EndsUpTo(long.MaxValue).Count > 1, "The sink wrote several files.");
    }

    // What a flush found written when it began is durable when it has ended.
    private static long FlushedEnd(List<SystemCall> before, string file)
    {
        var flush = before.FindLast(call => call.Flushes && call.Path == file);
        return flush is null ? -1 : before.Where(call => call.Writes && call.Path == file && call.Ended < flush.Begun)
            .Max(call => call.WrittenEnd ?? -1);
    }

    private static bool IsNameFlushed(List<SystemCall> before, string file)
    {
        var created = before.Find(call => call.Creates && call.Path == file);
        return created is not null && before.Exists(call => call.Flushes && call.Path == created.Directory && call.Begun > created.Ended);
    }

    /// <summary>The file the sink will make for the first event.</summary>
    private static string FirstOutput(CrashRig rig) => Path.Combine(rig.Output, "default", "00000000000000000001.ndjson");

    private static bool IsSegment(string path) => path.EndsWith(".wal", StringComparison.Ordinal);

    private static bool IsLaneCursor(string path) =>
        path.EndsWith(".cursor", StringComparison.Ordinal) && !Path.GetFileName(path).StartsWith('_');

    /// <summary>The trace so far shows a segment that became a spare one.</summary>
    private static bool IsRecycled(string log) => File.ReadLines(log).Any(line => line.Contains(".wal\", \"", StringComparison.Ordinal));

    private static async Task<long> GroupsAsync(IngestSetup setup)
    {
        using var admin = new AdminClient(setup);
        return Metrics.Value(await admin.MetricsAsync(), "ingest_commit_flush_duration_seconds_count");
    }
}
