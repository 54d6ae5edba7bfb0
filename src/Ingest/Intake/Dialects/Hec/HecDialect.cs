using System.ComponentModel;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>Splunk's HTTP Event Collector.</summary>
internal sealed class HecDialect : IDialect
{
    private const string Prefix = "/services/collector";

    private static readonly string[] EventPaths = [Prefix, Prefix + "/1.0", Prefix + "/event", Prefix + "/event/1.0"];
    private static readonly string[] RawPaths = [Prefix + "/raw", Prefix + "/raw/1.0"];

    /// <inheritdoc/>
    public string Name => "hec";

    /// <inheritdoc/>
    public Type OptionsType => typeof(HecDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var settings = (HecDialectOptions)options;
        var (events, raw, replies) = (new HecEventIntake(settings), new HecRawIntake(settings), new HecReplies(settings));
        foreach (var path in EventPaths)
        {
            yield return DialectRoute.Takes(path, events);
            // Docker's driver asks without a token, and starts no container before it is told 200.
            yield return DialectRoute.Answers(path, HecReplies.OptionsAsync, "OPTIONS");
        }
        foreach (var path in RawPaths)
        {
            yield return DialectRoute.Takes(path, raw);
            yield return DialectRoute.Answers(path, HecReplies.OptionsAsync, "OPTIONS");
        }
        yield return DialectRoute.Answers(Prefix + "/health", HecReplies.HealthAsync);
        yield return DialectRoute.Answers(Prefix + "/health/1.0", HecReplies.HealthAsync);
        yield return DialectRoute.Answers(Prefix + "/ack", replies.AckAsync, "POST");
        yield return DialectRoute.Answers(Prefix + "/ack/1.0", replies.AckAsync, "POST");
    }
}

/// <summary>Section <c>Dialects:hec</c>.</summary>
public sealed class HecDialectOptions : DialectOptions
{
    /// <summary>
    /// What an acknowledgement means to producers that ask for one with a channel: on disk here, or settled by every sink. Default Durable.
    /// </summary>
    [Description("What an acknowledgement means to producers that ask for one with a channel: on disk, or settled by every sink.")]
    public HecAck Ack { get; set; } = HecAck.Durable;
}

/// <summary>What an acknowledgement means.</summary>
public enum HecAck
{
    /// <summary>No acknowledgements: a client that asks is told that they are off.</summary>
    Off,

    /// <summary>The events are on disk, flushed.</summary>
    Durable,

    /// <summary>Every lane has settled the events: delivered, or a dead letter. Parked events are not.</summary>
    Delivered,
}
