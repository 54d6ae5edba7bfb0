using Ingest.Events;
using Ingest.Intake.Http;

namespace Ingest.Intake.Dialects.Otlp;

/// <summary>
/// Takes an export request in protobuf: the same events whatever brought it. The request is one event; above the limit of an event it is
/// cut between its resources, where each part is a request again.
/// </summary>
internal static class OtlpProtobuf
{
    internal static Problem Read(ReadOnlySpan<byte> request, DialectEvents events)
    {
        events.Are(EventFormat.Opaque, MediaTypeNames.Protobuf);
        var fault = OtlpFraming.Check(request);
        if (fault >= 0)
        {
            return new Problem(ProblemKind.BadRequest, "The body is no protobuf message of an export request.", fault);
        }
        if (request.Length <= events.EventBytesMax)
        {
            // A request without any data is valid, and nothing to store.
            return request.IsEmpty ? default : events.Add(request, new DialectEvent(request));
        }
        for (var start = 0; start < request.Length;)
        {
            var part = OtlpFraming.Part(request[start..], events.EventBytesMax);
            var problem = events.Add(request, new DialectEvent(request.Slice(start, part)));
            if (!problem.IsNone)
            {
                return problem.In(events.Count, start);
            }
            start += part;
        }
        return default;
    }
}
