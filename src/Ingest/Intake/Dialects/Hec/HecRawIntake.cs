using System.Text;
using Ingest.Events;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Hec;

/// <summary>Takes lines of any text, an event each. Host, source and sourcetype of the query become attributes.</summary>
internal sealed class HecRawIntake(HecDialectOptions options) : HecIntake(options)
{
    private static readonly string[] Kept = ["host", "source", "sourcetype"];

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        events.Are(EventFormat.Opaque, MediaTypeNames.Text);
        foreach (var name in Kept)
        {
            if (request.Query[name] is { Count: 1 } value)
            {
                events.Share(Encoding.ASCII.GetBytes(name), Encoding.UTF8.GetBytes(value[0] ?? ""));
            }
        }
        var index = request.Query["index"] is { Count: 1 } named ? Encoding.UTF8.GetBytes(named[0] ?? "") : [];
        return JsonEvents.ReadLines(body, index, events);
    }
}
