using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Ingest.Intake;
using Ingest.Intake.Body;
using Ingest.Intake.Http;
using Ingest.Wal.Writing;
using Microsoft.AspNetCore.Http;

namespace Ingest.Tests.Intake;

/// <summary>Bodies of all sorts, against the framework's own JSON parser: the same are taken, and as the same events.</summary>
public sealed class EventBodiesFuzzTests
{
    private const int Rounds = 30_000;
    private const int DepthMax = 4;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    [Theory]
    [InlineData("application/json", 1)]
    [InlineData("application/x-ndjson", 2)]
    [InlineData("application/json", null)]
    [InlineData("application/x-ndjson", null)]
    public void Every_body_is_taken_or_refused_as_the_reference_does_it(string contentType, int? fixedSeed)
    {
        var seed = fixedSeed ?? Environment.ProcessId;
        var mutation = new BodyMutation(new Random(seed));
        var taken = 0;
        for (var round = 0; round < Rounds; round++)
        {
            var body = mutation.Next();
            var expected = Reference(contentType, body);
            var actual = Take(contentType, body, out var problem);
            var where = $"seed {seed}, round {round}: {Convert.ToBase64String(body)} = {Encoding.UTF8.GetString(body)}; {problem}";
            Assert.True((expected is null) == (actual is null), where);
            if (expected is null)
            {
                Assert.True(problem.Kind == ProblemKind.EmptyBody || problem.Place!.Offset <= body.Length, where);
                continue;
            }
            taken++;
            Assert.True(expected.Count == actual!.Count, where);
            Assert.All(expected.Zip(actual), pair => Assert.True(pair.First.AsSpan().SequenceEqual(pair.Second), where));
        }
        // Were nearly all refused, or nearly none, the comparison would say little.
        Assert.InRange(taken, Rounds / 10, Rounds * 9 / 10);
    }

    private static List<byte[]>? Take(string contentType, byte[] body, out Problem problem)
    {
        using var batch = RecordBatch.Rent();
        var options = new IntakeOptions { JsonDepthMax = DepthMax };
        var traits = RequestTraits.OfThisThread;
        traits.Read(new HeaderDictionary(), MediaTypes.Find(contentType, out _)!, new StreamRoute("default", null), 0);
        problem = EventBodies.Encode(MediaTypes.Find(contentType, out _)!, body, traits, options, batch);
        return problem.IsNone ? [.. StoredBatch.Events(batch).Select(stored => stored.Payload.ToArray())] : null;
    }

    private static List<byte[]>? Reference(string contentType, byte[] body)
    {
        var events = new List<byte[]>();
        try
        {
            if (body.AsSpan().StartsWith("\uFEFF"u8))
            {
                return null;
            }
            _ = Strict.GetString(body);
            if (contentType == "application/json")
            {
                using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthMax + 1 });
                if (document.RootElement.ValueKind == JsonValueKind.Array)
                {
                    events.AddRange(document.RootElement.EnumerateArray().Select(item => JsonMarshal.GetRawUtf8Value(item).ToArray()));
                }
                else
                {
                    using var whole = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = DepthMax });
                    events.Add(body);
                }
            }
            else
            {
                foreach (var line in Lines(body).Where(line => !line.All(blank => blank is (byte)' ' or (byte)'\t' or (byte)'\r')))
                {
                    using var document = JsonDocument.Parse(line, new JsonDocumentOptions { MaxDepth = DepthMax });
                    events.Add(line);
                }
            }
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException)
        {
            return null;
        }
        return events.Count == 0 ? null : events;
    }

    private static IEnumerable<byte[]> Lines(byte[] body)
    {
        for (var start = 0; start < body.Length;)
        {
            var end = Array.IndexOf(body, (byte)'\n', start) is var found and >= 0 ? found : body.Length;
            var line = body[start..end];
            yield return line is [.. var text, (byte)'\r'] ? text : line;
            start = end + 1;
        }
    }
}
