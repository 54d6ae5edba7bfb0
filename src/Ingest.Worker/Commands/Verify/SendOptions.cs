using System.CommandLine;
using System.Diagnostics;
using Ingest.Hosting.Settings.Values;
using Ingest.Worker.Verify;
using Ingest.Worker.Verify.Judging;
using Ingest.Worker.Verify.Sending;

namespace Ingest.Worker.Commands.Verify;

/// <summary>What <c>ingest verify send</c> is told.</summary>
internal sealed class SendOptions
{
    private const int BodyBytesMax = 16 * 1024 * 1024;
    private const string StreamDefault = "verify";

    private static readonly TimeSpan TimeMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan TimeMax = TimeSpan.FromDays(7);

    private readonly Argument<string> _url = new Argument<string>("URL")
    {
        Description = "The node's intake, such as http://127.0.0.1:8080.",
    }.Must("http://HOST:PORT", text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https");

    private readonly Option<int> _connections =
        Make("--connections", "N", "Connections, each with one request in flight and keys of its own. Default 16.", 16).Within(1, 10_000);

    private readonly Option<int> _keys =
        Make("--keys", "N", "Keys, at least one a connection. Default 64.", 64).Within(1, Ledger.KeysMax);

    private readonly Option<int> _batch = Make("--batch", "N", "Events in a request, all of one key. Default 1.", 1).Within(1, 10_000);

    private readonly Option<string> _size = Make("--size", "BYTES", "Bytes of an event, about, such as 1KiB. Default 200.", "200").Must(
        "a size from 1 to 1MiB, such as 1KiB",
        text => ByteSize.TryParse(text, out var bytes) && bytes is >= 1 and <= EventText.PaddingMax);

    private readonly Option<double?> _rate = Make<double?>(
        "--rate", "N", "Requests a second, begun on time whether or not answers come. Default: as fast as answers come.", null)
        .Within(0.001, 1_000_000);

    private readonly Option<string> _duration =
        Make("--duration", "TIME", "How long, such as 30s. Default 10s, and with --events as long as they take.", "")
            .Within(TimeMin, TimeMax);

    private readonly Option<long?> _events = Make<long?>("--events", "N", "Send so many events at most.", null).IsFrom(1);

    private readonly Option<string> _retry = Make(
        "--retry-for", "TIME", "How long a request without a final answer is repeated before it is given up. Default 1m.", "1m")
        .Within(TimeSpan.Zero, TimeMax);

    private readonly Option<string> _timeout =
        Make("--timeout", "TIME", "How long an answer may take. Default 30s.", "30s").Within(TimeMin, TimeSpan.FromHours(1));

    private readonly Option<string> _stream = Make("--stream", "S", "The stream to send to. Default verify.", StreamDefault).IsStream();

    private readonly Option<string> _key = Make("--key", "K", "What producers authenticate with. Default nothing.", "");

    internal SendOptions(Command command)
    {
        command.Add(_url);
        Option[] options =
        [
            _connections, _keys, _batch, _size, _rate, _duration, _events, _retry, _timeout, _stream, _key,
        ];
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>The plan.</summary>
    /// <exception cref="CommandFailure">Options contradict each other.</exception>
    internal SendPlan Read(ParseResult parsed)
    {
        var (connections, keys) = (parsed.GetValue(_connections), parsed.GetValue(_keys));
        if (keys < connections)
        {
            throw new CommandFailure(ExitCode.Usage, "--keys is less than --connections: every connection needs a key of its own.");
        }
        var (size, batch) = (Bytes(parsed.GetRequiredValue(_size)), parsed.GetValue(_batch));
        if ((long)size * batch > BodyBytesMax)
        {
            throw new CommandFailure(ExitCode.Usage, "--size times --batch is more than 16 MiB a request.");
        }
        var events = parsed.GetValue(_events);
        return new SendPlan
        {
            Target = Target(parsed.GetRequiredValue(_url), parsed.GetRequiredValue(_stream)),
            Connections = connections,
            Keys = keys,
            Padding = EventText.PaddingFor(size),
            Batch = batch,
            Rate = parsed.GetValue(_rate) ?? 0,
            Duration = parsed.GetRequiredValue(_duration) is { Length: > 0 } text ? Time(text)
                : events is null ? TimeSpan.FromSeconds(10)
                : TimeMax,
            Events = events ?? long.MaxValue / 2,
            RetryFor = Time(parsed.GetRequiredValue(_retry)),
            Timeout = Time(parsed.GetRequiredValue(_timeout)),
            Key = parsed.GetRequiredValue(_key),
        };
    }

    private static Option<T> Make<T>(string name, string help, string description, T otherwise) =>
        new(name) { HelpName = help, Description = description, DefaultValueFactory = _ => otherwise };

    private static Uri Target(string url, string stream)
    {
        var uri = new Uri(url);
        return uri.AbsolutePath == "/" ? new Uri(uri, $"/v1/streams/{stream}/events") : uri;
    }

    // The parser let only these through.
    private static TimeSpan Time(string text) => Duration.TryParse(text, out var time) ? time : throw new UnreachableException();

    private static int Bytes(string text) => ByteSize.TryParse(text, out var bytes) ? (int)bytes : throw new UnreachableException();
}
