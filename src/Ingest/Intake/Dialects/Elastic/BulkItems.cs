using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>What an item of a bulk asks for.</summary>
internal enum BulkOperation : byte
{
    Index,
    Create,
    Update,
    Delete,
}

/// <summary>
/// The items of a bulk, in order, as runs of the same: its answer has one entry for each, and clients count them. Two members an entry are
/// all that clients of version 8 and later read; NEST 7 takes an item without a type for a failure.
/// </summary>
internal sealed class BulkItems
{
    private readonly List<(BulkOperation Operation, bool IsRefused, int Count)> _runs = new(1);

    /// <summary>Items so far.</summary>
    internal int Count { get; private set; }

    internal void Add(BulkOperation operation, bool isRefused)
    {
        Count++;
        if (_runs.Count > 0 && _runs[^1] is var last && last.Operation == operation && last.IsRefused == isRefused)
        {
            _runs[^1] = last with { Count = last.Count + 1 };
            return;
        }
        _runs.Add((operation, isRefused, 1));
    }

    /// <summary>Every item is stored, but for those that are refused for what they are.</summary>
    internal void WriteStored(HttpContext context) =>
        Write(context, _runs.Exists(run => run.IsRefused), ReadsTypes(context.Request) ? Typed : Stored, Unsupported);

    /// <summary>Every item is refused for now.</summary>
    internal void WriteRejected(HttpContext context) => Write(context, hasErrors: true, Rejected, Rejected);

    private static readonly byte[][] Stored = Entries("{\"status\":201}");

    private static readonly byte[][] Typed = Entries("{\"_type\":\"_doc\",\"status\":201}");

    private static readonly byte[][] Unsupported = Entries(
        "{\"status\":400,\"error\":{\"type\":\"illegal_argument_exception\",\"reason\":\""
        + "Events are added: update and delete are taken with Dialects:elastic:Changes.\"}}");

    private static readonly byte[][] Rejected = Entries(
        "{\"status\":429,\"error\":{\"type\":\"" + ElasticAnswers.Overload + "\",\"reason\":\"The node cannot take more for now.\"}}");

    private static byte[][] Entries(string value) =>
        [.. Enum.GetNames<BulkOperation>().Select(name => Encoding.ASCII.GetBytes($"{{\"{name.ToLowerInvariant()}\":{value}}},"))];

    /// <summary>Whether the client is of version 7, where documents had types. Older ones do not say so.</summary>
    private static bool ReadsTypes(HttpRequest request) =>
        request.Headers["x-elastic-client-meta"].ToString().StartsWith("es=7.", StringComparison.Ordinal)
        || request.Headers.UserAgent.ToString().StartsWith("elasticsearch-net/", StringComparison.Ordinal);

    private void Write(HttpContext context, bool hasErrors, byte[][] stored, byte[][] refused)
    {
        ElasticAnswers.Begin(context);
        var response = context.Response;
        response.StatusCode = StatusCodes.Status200OK;
        response.ContentType = ElasticAnswers.ContentType(context.Request);
        // Clients that ask for parts of the answer never ask for this one; everything else is in it.
        ReadOnlySpan<byte> took = context.Request.Query.ContainsKey("filter_path") ? "{"u8 : "{\"took\":0,"u8;
        // Some clients look for these members side by side.
        ReadOnlySpan<byte> errors = hasErrors ? "\"errors\":true,\"items\":["u8 : "\"errors\":false,\"items\":["u8;
        var length = (long)took.Length + errors.Length + 2 - (Count > 0 ? 1 : 0);
        foreach (var (operation, isRefused, count) in _runs)
        {
            length += (long)(isRefused ? refused : stored)[(int)operation].Length * count;
        }
        response.ContentLength = length;
        var writer = response.BodyWriter;
        writer.Write(took);
        writer.Write(errors);
        for (var i = 0; i < _runs.Count; i++)
        {
            WriteRun(writer, (_runs[i].IsRefused ? refused : stored)[(int)_runs[i].Operation], _runs[i].Count, i == _runs.Count - 1);
        }
        writer.Write("]}"u8);
    }

    private static void WriteRun(PipeWriter writer, ReadOnlySpan<byte> entry, int count, bool isLast)
    {
        const int AtOnce = 64;
        for (var left = count; left > 0;)
        {
            var some = Math.Min(left, AtOnce);
            var target = writer.GetSpan(some * entry.Length);
            for (var i = 0; i < some; i++)
            {
                entry.CopyTo(target[(i * entry.Length)..]);
            }
            left -= some;
            // The last of all has no comma behind it.
            writer.Advance((some * entry.Length) - (isLast && left == 0 ? 1 : 0));
        }
    }
}
