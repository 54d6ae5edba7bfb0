using System.CommandLine;
using System.Globalization;
using Ingest.DeadLetters;
using Ingest.Operations.Letters;

namespace Ingest.Worker.Commands.DeadLetters;

/// <summary>The flags that say which dead letters are meant.</summary>
internal sealed class DeadLetterFilterOptions
{
    /// <summary>What a letter's id must be.</summary>
    internal const string SomeId = "LANE/SEQUENCE, as `ingest deadletters list` shows it";

    private readonly Option<string?> _lane = new("--lane") { HelpName = "LANE", Description = "Refused by this lane's sink." };

    private readonly Option<string?> _stream = new Option<string?>("--stream") { HelpName = "STREAM", Description = "Of this stream." }
        .IsStream();

    private readonly Option<string?> _key = new("--key") { HelpName = "KEY", Description = "Of events with this key (Ingest-Key)." };

    private readonly Option<string?> _reason = new("--reason") { HelpName = "TEXT", Description = "With this in the reason." };

    private readonly Option<string?> _since = new Option<string?>("--since")
    {
        HelpName = "TIME",
        Description = "Last tried at or after this, such as 2026-11-21T08:00:00Z.",
    }.IsTime();

    private readonly Option<string?> _until = new Option<string?>("--until") { HelpName = "TIME", Description = "Last tried before this." }
        .IsTime();

    private readonly Option<string?> _state = new Option<string?>("--state")
    {
        HelpName = "STATE",
        Description = "dead, or requeued: waiting to be sent again or on their way.",
    }.Must("dead or requeued", text => text is "dead" or "requeued");

    private readonly Option<int?> _attempts = new("--attempts") { HelpName = "N", Description = "Tried at least so often." };

    internal void AddTo(Command command)
    {
        command.Add(_lane);
        command.Add(_stream);
        command.Add(_key);
        command.Add(_reason);
        command.Add(_since);
        command.Add(_until);
        command.Add(_state);
        command.Add(_attempts);
    }

    /// <summary>What was asked for; null when nothing was.</summary>
    internal DeadLetterFilterBody? Read(ParseResult parsed)
    {
        var filter = new DeadLetterFilterBody
        {
            Lane = parsed.GetValue(_lane),
            Stream = parsed.GetValue(_stream),
            Key = parsed.GetValue(_key),
            Reason = parsed.GetValue(_reason),
            Since = Time(parsed, _since),
            Until = Time(parsed, _until),
            State = parsed.GetValue(_state),
            Attempts = parsed.GetValue(_attempts),
        };
        return filter == new DeadLetterFilterBody() ? null : filter;
    }

    /// <summary>The same as a query string, without a question mark.</summary>
    internal string Query(ParseResult parsed)
    {
        var filter = Read(parsed) ?? new DeadLetterFilterBody();
        var pairs = new (string Name, string? Value)[]
        {
            ("lane", filter.Lane),
            ("stream", filter.Stream),
            ("key", filter.Key),
            ("reason", filter.Reason),
            ("since", filter.Since?.ToString("O", CultureInfo.InvariantCulture)),
            ("until", filter.Until?.ToString("O", CultureInfo.InvariantCulture)),
            ("state", filter.State),
            ("attempts", filter.Attempts?.ToString(CultureInfo.InvariantCulture)),
        };
        return string.Join(
            '&', pairs.Where(pair => pair.Value is not null).Select(pair => $"{pair.Name}={Uri.EscapeDataString(pair.Value!)}"));
    }

    /// <summary>Whether it names a letter.</summary>
    internal static bool IsId(string text) => DeadLetterKey.TryParse(text, out _);

    private static DateTimeOffset? Time(ParseResult parsed, Option<string?> option) =>
        parsed.GetValue(option) is { } text
            ? DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal)
            : null;
}
