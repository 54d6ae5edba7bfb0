using System.Text;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Ingest.Intake.Json;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>Takes bulks: an action line, and where the action has one, the document's line, which is the event as it was sent.</summary>
/// <remarks>
/// A bulk is stored whole or not at all. Refused for now, all items are 429 for clients that send single items again but give up on a
/// refusal of the whole (Elastic's and OpenSearch's for JavaScript, rsyslog), and the whole request is 429 for all others, some of which
/// take one good item for a good bulk. A repeated <c>create</c> is 201 again: 409, the textbook's answer, makes clients report a loss.
/// </remarks>
internal sealed class BulkIntake(ElasticDialectOptions options) : DialectIntake(options)
{
    private static readonly byte[][] Operations =
        [Attribute("index"u8), Attribute("create"u8), Attribute("update"u8), Attribute("delete"u8)];

    [ThreadStatic]
    private static ScratchBuffer? _attributes;

    /// <inheritdoc/>
    public override bool RefusesByEvent(HttpRequest request)
    {
        var meta = request.Headers["x-elastic-client-meta"].ToString();
        var agent = request.Headers.UserAgent.ToString();
        return meta.Contains("js=", StringComparison.Ordinal) || agent.Contains("opensearch-js", StringComparison.OrdinalIgnoreCase)
            || (meta.Length == 0 && agent.Length == 0);
    }

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var items = new BulkItems();
        events.State = items;
        events.RepeatsByEventIds = true;
        var invalid = JsonProblems.FirstInvalid(body, out var problem);
        if (!problem.IsNone)
        {
            return problem;
        }
        var index = request.RouteValues["index"] is string named ? Encoding.UTF8.GetBytes(named) : [];
        var line = 0;
        // Most bulks say the same on all action lines: what was read of one holds for the next of the same bytes.
        ReadOnlySpan<byte> known = default;
        BulkAction action = default;
        for (var at = 0; at < body.Length;)
        {
            var start = at;
            var text = Line(body, ref at);
            line++;
            if (text.IsEmpty)
            {
                continue;
            }
            if (!text.SequenceEqual(known))
            {
                problem = ReadAction(text, start, invalid, events.JsonDepthMax, out action);
                known = text;
            }
            if (problem.IsNone)
            {
                var source = at;
                var document = action.Operation == BulkOperation.Delete ? default : Line(body, ref at);
                line += action.Operation == BulkOperation.Delete ? 0 : 1;
                problem = Add(body, text, document, source, invalid, action, index, items, events);
            }
            if (!problem.IsNone)
            {
                return problem.In(items.Count, start, line);
            }
        }
        return items.Count == 0 ? BodyLimits.Empty : default;
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt) => ((BulkItems)receipt.State!).WriteStored(context);

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        if (refusal.IsLater && refusal.State is BulkItems { Count: > 0 } items && RefusesByEvent(context.Request))
        {
            items.WriteRejected(context);
            return;
        }
        ElasticAnswers.Refuse(context, refusal);
    }

    private Problem Add(
        ReadOnlySpan<byte> body,
        ReadOnlySpan<byte> line,
        ReadOnlySpan<byte> document,
        int start,
        int invalid,
        in BulkAction action,
        ReadOnlySpan<byte> index,
        BulkItems items,
        DialectEvents events)
    {
        var isChange = action.Operation >= BulkOperation.Update;
        if (action.Operation != BulkOperation.Delete)
        {
            var problem = CheckDocument(document, start, invalid, events.JsonDepthMax);
            if (!problem.IsNone)
            {
                return problem;
            }
        }
        if (isChange && !options.Changes)
        {
            items.Add(action.Operation, isRefused: true);
            return default;
        }
        var own = action.Index.In(line);
        var name = own.IsEmpty ? index : own;
        var stream = IndexName.Stream(name, options.StripDates);
        events.RepeatsByEventIds &= action.Operation == BulkOperation.Create;
        var added = events.Add(body, new DialectEvent(action.Operation == BulkOperation.Delete ? "{}"u8 : document)
        {
            Stream = stream,
            Id = action.Id.In(line),
            Key = action.Routing.In(line),
            Attributes = stream.Length == name.Length ? Operations[(int)action.Operation] : Dated(action.Operation, name),
        });
        items.Add(action.Operation, isRefused: false);
        return added;
    }

    private static Problem CheckDocument(ReadOnlySpan<byte> document, int start, int invalid, int depthMax)
    {
        var cursor = new JsonCursor(document, depthMax, start, invalid);
        if (cursor.Peek() != '{')
        {
            return new Problem(ProblemKind.MalformedJson, "A line with a JSON object is expected behind this action.", start);
        }
        return cursor.Value(out _) ? cursor.End() : cursor.Problem;
    }

    private static Problem ReadAction(ReadOnlySpan<byte> text, int start, int invalid, int depthMax, out BulkAction action)
    {
        action = default;
        var cursor = new JsonCursor(text, depthMax, start, invalid);
        var first = true;
        if (!cursor.Enter((byte)'{') || !cursor.NextMember(ref first, out var name))
        {
            return cursor.Problem.IsNone ? NoAction(start) : cursor.Problem;
        }
        if (OperationOf(name) is not { } known)
        {
            return NoAction(start);
        }
        action = new BulkAction { Operation = known };
        if (!ReadMetadata(ref cursor, ref action))
        {
            return cursor.Problem;
        }
        // Shippers keep notes of their own beside the operation, such as winston-elasticsearch its attempts. A second operation is none.
        while (cursor.NextMember(ref first, out var other))
        {
            if (OperationOf(other) is not null)
            {
                return NoAction(start);
            }
            if (!cursor.Value(out _, outer: 1))
            {
                return cursor.Problem;
            }
        }
        return cursor.Problem.IsNone ? cursor.End() : cursor.Problem;
    }

    private static BulkOperation? OperationOf(ReadOnlySpan<byte> name) => name switch
    {
        _ when name.SequenceEqual("index"u8) => BulkOperation.Index,
        _ when name.SequenceEqual("create"u8) => BulkOperation.Create,
        _ when name.SequenceEqual("update"u8) => BulkOperation.Update,
        _ when name.SequenceEqual("delete"u8) => BulkOperation.Delete,
        _ => null,
    };

    private static bool ReadMetadata(ref JsonCursor cursor, ref BulkAction action)
    {
        if (!cursor.Enter((byte)'{'))
        {
            return false;
        }
        for (var first = true; cursor.NextMember(ref first, out var name);)
        {
            if (!cursor.Value(out var value, outer: 2))
            {
                return false;
            }
            if (name.SequenceEqual("_index"u8))
            {
                action.Index = BulkText.Of(value, cursor.Position);
            }
            else if (name.SequenceEqual("_id"u8))
            {
                action.Id = BulkText.Of(value, cursor.Position);
            }
            else if (name.SequenceEqual("routing"u8) || name.SequenceEqual("_routing"u8))
            {
                action.Routing = BulkText.Of(value, cursor.Position);
            }
        }
        return cursor.Problem.IsNone;
    }

    private static Problem NoAction(int start) =>
        new(ProblemKind.MalformedJson, "An action line is expected here: {\"index\":{}}, create, update or delete.", start);

    private static ReadOnlySpan<byte> Line(ReadOnlySpan<byte> body, scoped ref int at)
    {
        var rest = body[at..];
        var end = rest.IndexOf((byte)'\n');
        var line = end < 0 ? rest : rest[..end];
        at += end < 0 ? rest.Length : end + 1;
        return line.Length > 0 && line[^1] == '\r' ? line[..^1] : line;
    }

    private static ReadOnlySpan<byte> Dated(BulkOperation operation, ReadOnlySpan<byte> index)
    {
        var attributes = _attributes ??= new ScratchBuffer();
        attributes.Clear();
        System.Buffers.BuffersExtensions.Write<byte>(attributes, Operations[(int)operation]);
        Ingest.Events.EventEncoder.WriteAttribute(attributes, "elastic-index"u8, index);
        return attributes.Written;
    }

    private static byte[] Attribute(ReadOnlySpan<byte> operation)
    {
        var attribute = new ScratchBuffer();
        Ingest.Events.EventEncoder.WriteAttribute(attribute, "elastic-op"u8, operation);
        return attribute.Written.ToArray();
    }
}
