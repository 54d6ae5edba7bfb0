using System.Globalization;
using System.Text;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Pieces;

/// <summary>The inputs of the pieces: the same bytes in each run.</summary>
internal static class Samples
{
    internal const int Events = 100;
    internal const string Lines = "application/x-ndjson";

    /// <summary>An order of 200 bytes.</summary>
    internal static byte[] Event { get; } = Encoding.ASCII.GetBytes(Order(4711));

    /// <summary>A hundred of them, one a line.</summary>
    internal static byte[] Batch { get; } =
        Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(4000, Events).Select(number => Order(number) + "\n")));

    /// <summary>What a producer of single events sends along.</summary>
    internal static HeaderDictionary Headers { get; } = new()
    {
        ["Host"] = "127.0.0.1:8080",
        ["User-Agent"] = "producer/1.0",
        ["Content-Type"] = "application/json; charset=utf-8",
        ["Content-Length"] = "200",
        ["Ingest-Key"] = "customer-17",
        ["traceparent"] = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };

    internal static StreamRoute Route { get; } = new("orders", keyPointer: null);

    internal static IntakeOptions Options { get; } = new();

    /// <summary>Encodes the batch as a request of its own headers would be.</summary>
    internal static void Encode(RecordBatch batch)
    {
        var type = MediaTypes.Find(Lines, out _)!;
        var traits = RequestTraits.OfThisThread;
        traits.Read(Headers, type, Route, acceptedUnixMs: 1_795_000_000_000);
        var problem = EventBodies.Encode(type, Batch, traits, Options, batch);
        if (!problem.IsNone)
        {
            throw new InvalidOperationException(problem.Detail);
        }
    }

    private static string Order(int number)
    {
        var start = "{\"id\":\"evt-" + number.ToString(CultureInfo.InvariantCulture)
            + "\",\"type\":\"order.created\",\"total\":19.99,\"paid\":true,\"lines\":[{\"sku\":\"A-1\",\"qty\":2}],\"note\":\"";
        return start + new string('x', 198 - start.Length) + "\"}";
    }
}
