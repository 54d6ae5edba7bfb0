using System.Globalization;
using Ingest.Events;
using Ingest.Wal;
using Microsoft.AspNetCore.Http;

namespace Ingest.Operations.Tail;

/// <summary>What a tail is to show.</summary>
/// <param name="From">The first number to look at.</param>
/// <param name="Stream">Only this stream; empty for all.</param>
/// <param name="Key">Only events with this key; empty for all.</param>
/// <param name="Limit">Events at most.</param>
/// <param name="Follow">Whether it waits for what is still to come.</param>
internal sealed record TailRequest(long From, string Stream, string Key, long Limit, bool Follow)
{
    /// <summary>Reads the query. Null, with a sentence, when it makes no sense.</summary>
    internal static TailRequest? TryRead(IQueryCollection query, WriteAheadLog log, out string problem)
    {
        problem = "";
        var from = log.DurableSequence + 1;
        if (query["from"].ToString() is { Length: > 0 } place && !TryFind(place, log, out from))
        {
            problem = "from is a sequence number from 1, or a time such as 2026-11-21T08:00:00Z.";
            return null;
        }
        var stream = query["stream"].ToString();
        if (stream.Length > 0 && !StreamName.IsValid(stream))
        {
            problem = "stream is no stream's name.";
            return null;
        }
        var limit = long.MaxValue;
        if (query["limit"].ToString() is { Length: > 0 } count
            && (!long.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out limit) || limit == 0))
        {
            problem = "limit is a number from 1.";
            return null;
        }
        var follow = true;
        if (query["follow"].ToString() is { Length: > 0 } choice && !bool.TryParse(choice, out follow))
        {
            problem = "follow is true or false.";
            return null;
        }
        return new TailRequest(from, stream, query["key"].ToString(), limit, follow);
    }

    /// <summary>A place in the log as operators name it: a number, or a time.</summary>
    internal static bool TryFind(string text, WriteAheadLog log, out long sequence)
    {
        if (long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out sequence))
        {
            return sequence >= 1;
        }
        if (!TimeText.TryParse(text, out var time))
        {
            return false;
        }
        sequence = log.FindSequence(time.ToUnixTimeMilliseconds());
        return true;
    }
}
