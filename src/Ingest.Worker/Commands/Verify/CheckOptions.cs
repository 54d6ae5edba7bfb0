using System.CommandLine;
using System.Diagnostics;
using Ingest.Hosting.Settings.Values;
using Ingest.Worker.Verify.Journals;
using Ingest.Worker.Verify.Readings;

namespace Ingest.Worker.Commands.Verify;

/// <summary>The sink that <c>ingest verify check</c> reads, and how it judges.</summary>
internal sealed class CheckOptions
{
    private readonly Option<string?> _file = new("--file")
    {
        HelpName = "DIR",
        Description = "The file sink's output directory.",
    };

    private readonly Option<string?> _kafka = new("--kafka") { HelpName = "BROKERS", Description = "Addresses of a Kafka cluster." };

    private readonly Option<string> _topic = new("--topic")
    {
        HelpName = "T",
        Description = "The topic. Default verify.",
        DefaultValueFactory = _ => "verify",
    };

    private readonly Option<string[]> _options = new Option<string[]>("--option")
    {
        HelpName = "NAME=VALUE",
        Description = "A setting of the Kafka client librdkafka, such as security.protocol=SSL; repeatable.",
    }.Must("NAME=VALUE", text => text.IndexOf('=', StringComparison.Ordinal) > 0);

    private readonly Option<string?> _http = new Option<string?>("--http")
    {
        HelpName = "URL",
        Description = "Listen here, http://HOST:PORT, for what the node's HTTP sink delivers. It is kept in the journal's directory.",
    }.Must("http://HOST:PORT", text => Uri.TryCreate(text, UriKind.Absolute, out var uri) && uri.Scheme == "http");

    private readonly Option<string> _settle = new Option<string>("--settle")
    {
        HelpName = "TIME",
        Description = "How long nothing may arrive while something is missing, before it counts as lost. Default 30s.",
        DefaultValueFactory = _ => "30s",
    }.Within(TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1));

    private readonly Option<bool> _noDuplicates = new("--no-duplicates")
    {
        Description = "Count duplicates as broken too. Delivery is at least once: they are allowed otherwise.",
    };

    internal CheckOptions(Command command)
    {
        Option[] options = [_file, _kafka, _topic, _options, _http, _settle, _noDuplicates];
        foreach (var option in options)
        {
            command.Add(option);
        }
    }

    /// <summary>Requires that one sink is said.</summary>
    /// <exception cref="CommandFailure">None is, or several are.</exception>
    internal void Require(ParseResult parsed)
    {
        string?[] sinks = [parsed.GetValue(_file), parsed.GetValue(_kafka), parsed.GetValue(_http)];
        if (sinks.Count(sink => sink is not null) != 1)
        {
            throw new CommandFailure(ExitCode.Usage, "Say which sink to read, one of --file DIR, --kafka BROKERS and --http URL.");
        }
    }

    /// <summary>Opens the sink for as long as <paramref name="use"/> takes.</summary>
    internal async Task<int> WithReadingAsync(ParseResult parsed, Journal journal, Func<ISinkReading, Task<int>> use)
    {
        if (parsed.GetValue(_http) is { } url)
        {
            await using var capture = await HttpCapture.StartAsync(url, journal.DirectoryPath, journal.Run);
            return await use(capture);
        }
        if (parsed.GetValue(_kafka) is { } brokers)
        {
            var options = (parsed.GetValue(_options) ?? []).Select(option => option.Split('=', 2))
                .Select(parts => KeyValuePair.Create(parts[0], parts[1]));
            using var kafka = new KafkaReading(brokers, parsed.GetRequiredValue(_topic), options, journal.Run, TimeProvider.System);
            return await use(kafka);
        }
        return await use(new FolderReading(Path.GetFullPath(parsed.GetValue(_file)!), journal.Run));
    }

    /// <summary>How long the sink may stand still.</summary>
    internal TimeSpan Settle(ParseResult parsed) =>
        Duration.TryParse(parsed.GetRequiredValue(_settle), out var time) ? time : throw new UnreachableException();

    /// <summary>Whether duplicates count.</summary>
    internal bool NoDuplicates(ParseResult parsed) => parsed.GetValue(_noDuplicates);
}
