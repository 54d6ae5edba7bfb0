using System.Net.Http.Json;
using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Crash.Tests;

/// <summary>
/// The real executable behind a log whose end was damaged or is an older copy: what it acknowledges then has numbers that no event had, and
/// is delivered, also by a sink that skips what it holds.
/// </summary>
public sealed class DamagedTailNodeTests : IDisposable
{
    private const int Batch = 10;

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Events_acknowledged_after_a_flipped_bit_in_the_last_group_are_written()
    {
        // The cursor is not saved before the kill: recovery does not learn from it what was delivered.
        var setup = Setup.With(("Publishing:CursorInterval", "1m"));
        long last;
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            await PostAsync(setup, "first");
            last = (await PostAsync(setup, "second")).Last;
            await WrittenAsync(2 * Batch);
            await node.KillAsync();
        }
        FlipLast("second");

        await IsWrittenAndNewAsync(setup, last);
    }

    [Fact]
    public async Task Events_acknowledged_by_an_older_copy_of_the_log_are_written()
    {
        long last;
        using (var node = await IngestProcess.StartReadyAsync(Setup))
        {
            await PostAsync(Setup, "first");
            await WrittenAsync(Batch);
            Assert.Equal(0, await node.StopAsync());
        }
        Copy(_directory["data/wal"], _directory["older"]);
        using (var node = await IngestProcess.StartReadyAsync(Setup))
        {
            last = (await PostAsync(Setup, "second")).Last;
            await WrittenAsync(2 * Batch);
            Assert.Equal(0, await node.StopAsync());
        }
        Directory.Delete(_directory["data/wal"], recursive: true);
        Copy(_directory["older"], _directory["data/wal"]);

        await IsWrittenAndNewAsync(Setup, last, numbersMayRepeat: true);
    }

    private IngestSetup Setup => field ??= new IngestSetup { Data = _directory["data"], Sinks = ["file"] }.With(
        ("Wal:SegmentBytes", "1MiB"), ("Drain:BalancerDelay", "0"));

    private async Task IsWrittenAndNewAsync(IngestSetup setup, long last, bool numbersMayRepeat = false)
    {
        using (var node = await IngestProcess.StartReadyAsync(setup))
        {
            var (first, _) = await PostAsync(setup, "third");
            Assert.True(numbersMayRepeat || first > last, $"{first} was given out before: the last was {last}");
            await Poll.Until("the new events are written", () => Payloads().Count(payload => payload == "\"third\"") == Batch);
            Assert.Equal(0, await node.StopAsync());
        }
        Assert.Equal(Batch, Payloads().Count(payload => payload == "\"first\""));
        Assert.Equal(Batch, Payloads().Count(payload => payload == "\"second\""));
        Assert.Equal(Batch, Payloads().Count(payload => payload == "\"third\""));
    }

    private static async Task<(long First, long Last)> PostAsync(IngestSetup setup, string text)
    {
        using var response = await Http.PostAsJsonAsync(
            new Uri(setup.Intake, "/v1/streams/orders/events"), Enumerable.Repeat(text, Batch), TestContext.Current.CancellationToken);
        var answer = await response.Content.ReadFromJsonAsync<JsonElement>(TestContext.Current.CancellationToken);
        Assert.True(response.IsSuccessStatusCode, answer.ToString());
        return (answer.GetProperty("first").GetInt64(), answer.GetProperty("last").GetInt64());
    }

    private Task WrittenAsync(int events) => Poll.Until("the file sink has them", () => Payloads().Count == events);

    private List<string> Payloads()
    {
        var payloads = new List<string>();
        try
        {
            DeliveredEvents.Read(
                _directory["data/out"], delivered => payloads.Add(System.Text.Encoding.UTF8.GetString(delivered.Payload.Span)));
        }
        catch (InvalidDataException)
        {
            // A line that is being written.
        }
        return payloads;
    }

    /// <summary>Flips one bit of the last place in the log where the text stands.</summary>
    private void FlipLast(string text)
    {
        var segment = Directory.GetFiles(_directory["data/wal"], "*.wal").Single();
        var bytes = File.ReadAllBytes(segment);
        var at = bytes.AsSpan().LastIndexOf(System.Text.Encoding.UTF8.GetBytes(text));
        Assert.True(at > 0);
        bytes[at] ^= 1;
        File.WriteAllBytes(segment, bytes);
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var directory in Directory.EnumerateDirectories(from))
        {
            Copy(directory, Path.Combine(to, Path.GetFileName(directory)));
        }
        foreach (var file in Directory.EnumerateFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
