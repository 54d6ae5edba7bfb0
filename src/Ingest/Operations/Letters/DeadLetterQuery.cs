using System.Globalization;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Letters;

/// <summary>Reads what a request asks for; a <see cref="FormatException"/> has a sentence for people where it makes no sense.</summary>
internal static class DeadLetterQuery
{
    internal const int LimitMax = 1000;
    internal const int IdsMax = 10_000;

    private const int LimitDefault = 100;

    private static readonly string[] FilterNames = ["lane", "stream", "key", "reason", "since", "until", "state", "attempts"];

    /// <summary>The filter of a query string; names it does not know are refused, except those in <paramref name="others"/>.</summary>
    internal static DeadLetterFilter Filter(IQueryCollection query, params ReadOnlySpan<string> others)
    {
        foreach (var name in query.Keys)
        {
            if (!FilterNames.Contains(name, StringComparer.Ordinal) && !others.Contains(name))
            {
                throw new FormatException($"There is no parameter {name}: {string.Join(", ", FilterNames)} are there.");
            }
        }
        return Filter(new DeadLetterFilterBody
        {
            Lane = Text(query, "lane"),
            Stream = Text(query, "stream"),
            Key = Text(query, "key"),
            Reason = Text(query, "reason"),
            Since = Time(query, "since"),
            Until = Time(query, "until"),
            State = Text(query, "state"),
            Attempts = Attempts(query),
        });
    }

    internal static DeadLetterFilter Filter(DeadLetterFilterBody filter) => new()
    {
        Lane = filter.Lane,
        Stream = filter.Stream,
        EventKey = filter.Key,
        Reason = filter.Reason,
        SinceUnixMs = filter.Since?.ToUnixTimeMilliseconds(),
        UntilUnixMs = filter.Until?.ToUnixTimeMilliseconds(),
        AttemptsMin = filter.Attempts is null or >= 1 ? filter.Attempts : throw new FormatException("attempts is a number from 1."),
        Requeued = filter.State switch
        {
            null => null,
            "dead" => false,
            "requeued" => true,
            _ => throw new FormatException("state is dead or requeued."),
        },
    };

    internal static DeadLetterSelection Selection(DeadLetterRequest request)
    {
        if ((request.Ids is null ? 0 : 1) + (request.Filter is null ? 0 : 1) + (request.All ? 1 : 0) != 1)
        {
            throw new FormatException("Say which letters: exactly one of ids, filter and all.");
        }
        if (request.Ids is { } ids)
        {
            return ids.Count is > 0 and <= IdsMax
                ? new DeadLetterSelection([.. ids.Select(Key)], DeadLetterFilter.All)
                : throw new FormatException($"ids has 1 to {IdsMax} elements.");
        }
        var filter = request.Filter is { } given ? Filter(given) : DeadLetterFilter.All;
        return request.Filter is not null && filter == DeadLetterFilter.All
            ? throw new FormatException("The filter says nothing; all: true means all.")
            : DeadLetterSelection.Of(filter);
    }

    internal static DeadLetterKey Key(string text) => DeadLetterKey.TryParse(text, out var key)
        ? key
        : throw new FormatException($"'{text}' is no dead letter's id: LANE/SEQUENCE is meant.");

    internal static int Limit(IQueryCollection query)
    {
        if (Text(query, "limit") is not { } text)
        {
            return LimitDefault;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit is >= 1 and <= LimitMax
            ? limit
            : throw new FormatException($"limit is a number from 1 to {LimitMax}.");
    }

    /// <summary>What <c>by</c> names, separated by commas; default the reason.</summary>
    internal static DeadLetterGrouping Grouping(IQueryCollection query)
    {
        var by = DeadLetterGrouping.None;
        foreach (var name in (Text(query, "by") ?? "reason").Split(',', StringSplitOptions.TrimEntries))
        {
            by |= name switch
            {
                "lane" => DeadLetterGrouping.Lane,
                "stream" => DeadLetterGrouping.Stream,
                "reason" => DeadLetterGrouping.Reason,
                "state" => DeadLetterGrouping.State,
                _ => throw new FormatException("by is lane, stream, reason or state, or several of them with commas between."),
            };
        }
        return by;
    }

    private static int? Attempts(IQueryCollection query)
    {
        if (Text(query, "attempts") is not { } text)
        {
            return null;
        }
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var attempts) && attempts >= 1
            ? attempts
            : throw new FormatException("attempts is a number from 1.");
    }

    internal static DeadLetterKey? After(IQueryCollection query) => Text(query, "after") is { } text ? Key(text) : null;

    internal static string? Text(IQueryCollection query, string name) => query[name].ToString() is { Length: > 0 } text ? text : null;

    internal static DateTimeOffset? Time(IQueryCollection query, string name)
    {
        if (Text(query, name) is not { } text)
        {
            return null;
        }
        return TimeText.TryParse(text, out var time)
            ? time
            : throw new FormatException($"{name} is a time such as 2026-11-21T08:00:00Z.");
    }
}
