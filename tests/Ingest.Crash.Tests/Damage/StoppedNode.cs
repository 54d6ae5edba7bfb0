using System.Net;
using System.Net.Http.Json;
using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Damage;

/// <summary>
/// The directory of a node that was stopped: with events delivered and pending, dead letters, a policy, repeats, cursors and the file
/// sink's notes. Copies of it are started again.
/// </summary>
internal sealed class StoppedNode(string directory, HttpDownstream downstream)
{
    private const int Requests = 20;
    private const int EventsEach = 20;
    private const string Policy = """{"streams":{"paid":{"rateLimit":4321}}}""";

    private static readonly HttpClient Http = new() { Timeout = TimeSpan.FromSeconds(30) };

    private string Original => Path.Combine(directory, "original");

    /// <summary>Every file of it but what the file sink delivered, which is no longer the node's.</summary>
    internal IReadOnlyList<string> Files =>
    [
        .. Directory.GetFiles(Original, "*", SearchOption.AllDirectories)
            .Where(file => !file.EndsWith(".ndjson", StringComparison.Ordinal) && new FileInfo(file).Length > 0)
            .Select(file => Path.GetRelativePath(Original, file))
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>A file's beginning, which is where there is anything.</summary>
    internal byte[] BytesOf(string file)
    {
        const int BytesMax = 64 * 1024;
        using var opened = File.OpenRead(Path.Combine(Original, file));
        var bytes = new byte[(int)Math.Min(opened.Length, BytesMax)];
        opened.ReadExactly(bytes);
        return bytes;
    }

    /// <summary>Fills it: one half of the events is delivered, the other half pending for the file sink.</summary>
    internal async Task FillAsync()
    {
        downstream.Answer = request =>
            request.Sequences.Any(sequence => sequence % 7 == 0) ? new DownstreamAnswer(422, "{}") : new DownstreamAnswer(204);
        using (var node = await IngestProcess.StartReadyAsync(SetupOf(Original)))
        {
            using var policy = new StringContent(Policy);
            policy.Headers.ContentType = new("application/json");
            using var put = await Http.PutAsync(new Uri(node.Setup.Admin, "/policy"), policy);
            Assert.Equal(HttpStatusCode.OK, put.StatusCode);
            await PostAsync(node, first: 0);
            await Poll.Until("all is decided", () => DeadLetterCampaign.IsQuietAsync(node));
            Assert.Equal(0, await node.StopAsync());
        }
        var (output, aside) = (Path.Combine(Original, "out"), Path.Combine(directory, "aside"));
        Directory.Move(output, aside);
        await File.WriteAllTextAsync(output, "in the way");
        using (var node = await IngestProcess.StartReadyAsync(SetupOf(Original)))
        {
            await PostAsync(node, first: Requests * EventsEach);
            Assert.Equal(0, await node.StopAsync());
        }
        File.Delete(output);
        Directory.Move(aside, output);
    }

    /// <summary>Starts a copy, lets it deliver, and tells what came of it.</summary>
    /// <param name="damage">Done to the copy before; its path is given.</param>
    internal async Task<NodeOutcome> StartCopyAsync(Action<string> damage)
    {
        var copy = Path.Combine(directory, "copy");
        Copy(Original, copy);
        damage(copy);
        try
        {
            using var node = IngestProcess.Start(SetupOf(copy));
            await Poll.Until("it is ready or ends", async () => node.HasExited || await node.ReadinessAsync() == HttpStatusCode.OK);
            if (node.HasExited)
            {
                return new NodeOutcome(IsUp: false, [], "", "", node.Output);
            }
            await Poll.Until("all is decided", async () => node.HasExited || await DeadLetterCampaign.IsQuietAsync(node));
            var letters = await DeadLetterCampaign.LettersAsync(node);
            var policy = await Http.GetStringAsync(new Uri(node.Setup.Admin, "/policy"));
            await node.StopAsync();
            return new NodeOutcome(IsUp: true, Lines(copy), string.Join('\n', letters.Select(LetterOf)), policy, node.Output);
        }
        finally
        {
            Directory.Delete(copy, recursive: true);
        }
    }

    private static string LetterOf(System.Text.Json.JsonElement letter) => letter.GetProperty("sequence").ToString();

    private static string[] Lines(string copy) =>
    [
        .. Directory.GetFiles(Path.Combine(copy, "out"), "*.ndjson", SearchOption.AllDirectories)
            .Order(StringComparer.Ordinal)
            .SelectMany(File.ReadLines),
    ];

    private IngestSetup SetupOf(string data) => new IngestSetup { Data = data, Sinks = ["file", "http"] }.With(
        ("Drain:BalancerDelay", "0"),
        ("Drain:Deadline", "1s"),
        ("Publishing:CursorInterval", "20ms"),
        ("Publishing:BlockedMin", "50ms"),
        ("Publishing:BlockedMax", "100ms"),
        ("Sinks:http:Url", downstream.Url.ToString()));

    private static async Task PostAsync(IngestProcess node, int first)
    {
        for (var request = 0; request < Requests; request++)
        {
            var numbers = Enumerable.Range(first + (request * EventsEach), EventsEach);
            using var message = new HttpRequestMessage(HttpMethod.Post, new Uri(node.Setup.Intake, "/v1/events"))
            {
                Content = JsonContent.Create(numbers.Select(number => new { number, text = $"the event {number}" })),
            };
            message.Headers.Add("Idempotency-Key", $"request-{first}-{request}");
            using var answer = await Http.SendAsync(message);
            Assert.True(answer.IsSuccessStatusCode, answer.ToString());
        }
    }

    private static void Copy(string from, string to)
    {
        Directory.CreateDirectory(to);
        foreach (var folder in Directory.GetDirectories(from))
        {
            Copy(folder, Path.Combine(to, Path.GetFileName(folder)));
        }
        foreach (var file in Directory.GetFiles(from))
        {
            File.Copy(file, Path.Combine(to, Path.GetFileName(file)));
        }
    }
}
