using System.Buffers;
using System.Security.Cryptography;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Json;
using Ingest.Queue.Totals;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Engine;

/// <summary>
/// A dialect's events, encoded, or why they are not taken. One object a request: as a struct it would be copied into what each asynchronous
/// step of the request remembers.
/// </summary>
internal sealed record EncodedDialect
{
    internal Problem Problem { get; init; }

    /// <summary>The events, owned by the holder of this; null where there is a problem or no event.</summary>
    internal RecordBatch? Batch { get; init; }

    /// <summary>How many of them go to each stream.</summary>
    internal StreamShare[] Shares { get; init; } = [];

    /// <summary>Tells a repeat from a new request; null where nothing does.</summary>
    internal RequestMark? Mark { get; init; }

    /// <summary>Events the body names.</summary>
    internal int Count { get; init; }

    internal object? State { get; init; }

    /// <summary>The entry, with what the body told of its producer.</summary>
    internal DialectEntry Entry { get; init; }
}

/// <summary>
/// From a body to encoded events, in one synchronous step: the dialect names them, then who sends them and where to is checked, and only
/// then each is copied, once.
/// </summary>
internal sealed class DialectEncoding(IntakeParts parts, DialectAdmission admission)
{
    private const int HeadBytesEstimate = 96;

    private readonly KeptHeaders? _kept = parts.Options.KeepHeaders.Length > 0 ? new KeptHeaders(parts.Options.KeepHeaders) : null;

    [ThreadStatic]
    private static DialectEvents? _ofThisThread;

    [ThreadStatic]
    private static ScratchBuffer? _attributes;

    [ThreadStatic]
    private static ScratchBuffer? _pointedKey;

    [ThreadStatic]
    private static ScratchBuffer? _sameHead;

    internal EncodedDialect Encode(
        HttpRequest request, DialectIntake intake, string dialect, DialectEntry entry, ReadOnlySpan<byte> body, in Problem postponed)
    {
        var events = _ofThisThread ??= new DialectEvents();
        events.Begin(parts.Streams, parts.Options, DefaultStream(intake, entry));
        events.Now = parts.Time.GetUtcNow();
        TraceContext.Write(request.Headers, events.Shared);
        _kept?.Write(request.Headers, events.Shared);
        var problem = intake.Read(request, body, events);
        if (problem.IsNone && entry.Producer is null)
        {
            problem = admission.Identify(ref entry, events.ShownKey, body.Length);
        }
        if (problem.IsNone)
        {
            problem = DialectAdmission.CheckStreams(entry.Producer!, events);
        }
        if (problem.IsNone)
        {
            problem = postponed;
        }
        if (!problem.IsNone || events.Count == 0)
        {
            return new EncodedDialect { Problem = problem, Count = events.Count, State = events.State, Entry = entry };
        }
        var mark = Mark(dialect, entry.Producer!.Name, events);
        return Write(events, body, mark, entry);
    }

    private static string DefaultStream(DialectIntake intake, in DialectEntry entry)
    {
        if (intake.Options.Stream.Length > 0)
        {
            return intake.Options.Stream;
        }
        return entry.Producer?.Streams is { Count: 1 } only ? only.First() : intake.FallbackStream;
    }

    private RequestMark? Mark(string dialect, string producer, DialectEvents events)
    {
        if (!parts.Window.IsOn)
        {
            return null;
        }
        if (!events.RequestId.IsEmpty)
        {
            return RequestMark.OfIds(dialect, producer, events.RequestId);
        }
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return events.TryDigestIds(digest) ? RequestMark.OfIds(dialect, producer, digest) : null;
    }

    private EncodedDialect Write(DialectEvents events, ReadOnlySpan<byte> body, RequestMark? mark, DialectEntry entry)
    {
        var batch = RecordBatch.Rent((int)Math.Min(int.MaxValue / 2, body.Length + ((long)events.Count * HeadBytesEstimate) + 256));
        var shares = new StreamShare[events.Streams.Count];
        var now = events.Now.ToUnixTimeMilliseconds();
        Span<byte> first = stackalloc byte[RequestMark.Bytes];
        mark.GetValueOrDefault().Write(first);
        // The head of events that have neither key nor id of their own is encoded once for all with the same stream and attributes.
        var head = _sameHead ??= new ScratchBuffer();
        EventSlice? same = null;
        foreach (ref readonly var slice in events.Slices)
        {
            var bytes = batch.Bytes;
            var route = events.Streams[slice.Stream].Route;
            var payload = events.Resolve(body, slice.Payload);
            var key = Key(route, events, payload, events.Resolve(body, slice.Key), out var misfit);
            if (misfit)
            {
                var index = batch.Count;
                batch.Dispose();
                var problem = new Problem(ProblemKind.BadRequest, KeyPointer.Misfit).In(index, 0);
                return new EncodedDialect { Problem = problem, Count = events.Count, State = events.State, Entry = entry };
            }
            var isFirst = mark is not null && batch.Count == 0;
            var isSame = same is { } before && before.Stream == slice.Stream && before.Attributes == slice.Attributes;
            var isOwn = isFirst || key.Length > 0 || slice.Id.Length > 0;
            batch.BeginRecord();
            if (isOwn || !isSame)
            {
                IBufferWriter<byte> target = batch;
                if (!isOwn)
                {
                    head.Clear();
                    (target, same) = (head, slice);
                }
                EventEncoder.WriteHead(
                    target,
                    events.Format,
                    now,
                    route.Utf8.Span,
                    events.ContentType.Span,
                    key,
                    events.Resolve(body, slice.Id),
                    Attributes(events, events.Resolve(body, slice.Attributes)),
                    mark is null ? default : isFirst ? first : RequestMark.Continuation);
            }
            if (!isOwn)
            {
                BuffersExtensions.Write(batch, head.Written);
            }
            BuffersExtensions.Write(batch, payload);
            batch.EndRecord();
            ref var share = ref shares[slice.Stream];
            share = new StreamShare(route.Name, share.Events + 1, share.Bytes + batch.Bytes - bytes);
        }
        var kept = Keep(events, entry.Producer!.Name);
        if (!kept.IsNone)
        {
            batch.Dispose();
        }
        return new EncodedDialect
        {
            Problem = kept,
            Batch = kept.IsNone ? batch : null,
            Shares = shares,
            Mark = mark,
            Count = events.Count,
            State = events.State,
            Entry = entry,
        };
    }

    private Problem Keep(DialectEvents events, string producer)
    {
        foreach (var use in events.Streams)
        {
            var problem = parts.Streams.Keep(use.Route, producer);
            if (!problem.IsNone)
            {
                return problem;
            }
        }
        return default;
    }

    private static ReadOnlySpan<byte> Key(
        StreamRoute route, DialectEvents events, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> key, out bool misfit)
    {
        misfit = false;
        if (!key.IsEmpty || route.KeyPointer is not { } pointer || events.Format != EventFormat.Json)
        {
            return key;
        }
        var pointed = _pointedKey ??= new ScratchBuffer();
        pointed.Clear();
        misfit = !pointer.TryFind(payload, pointed);
        return pointed.Written;
    }

    private static ReadOnlySpan<byte> Attributes(DialectEvents events, ReadOnlySpan<byte> own)
    {
        if (own.IsEmpty || events.Shared.Written.IsEmpty)
        {
            return own.IsEmpty ? events.Shared.Written : own;
        }
        var both = _attributes ??= new ScratchBuffer();
        both.Clear();
        BuffersExtensions.Write(both, events.Shared.Written);
        if (both.Written.Length + own.Length <= EventEncoder.FieldBytesMax)
        {
            BuffersExtensions.Write(both, own);
        }
        return both.Written;
    }
}
