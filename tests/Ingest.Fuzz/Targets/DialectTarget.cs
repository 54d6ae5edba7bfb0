using System.Text.Unicode;
using Ingest.Events;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Fuzz.Targets;

/// <summary>
/// A dialect's bodies. Events lie in the body as a plain reader finds them, JSON ones are JSON, keys and ids are UTF-8 within their limits,
/// and both answers, to what was taken and to what was not, are as their type says.
/// </summary>
/// <remarks>An input is the kind of request and the body.</remarks>
internal sealed class DialectTarget(string name, IDialect dialect, Action<DialectOptions> configure, string[] words, DialectShape[] shapes)
    : FuzzTarget
{
    private static readonly DateTimeOffset Now = new(2026, 11, 29, 12, 0, 0, TimeSpan.Zero);
    private static readonly IntakeOptions Options = new() { EventBytesMax = 2048 };

    private readonly Lazy<DialectIntake[]> _intakes = new(() =>
    {
        var options = (DialectOptions)Activator.CreateInstance(dialect.OptionsType)!;
        configure(options);
        var routes = dialect.Routes(options).ToList();
        return [.. shapes.Select(shape => routes.First(route => route.Pattern == shape.Pattern && route.Intake is not null).Intake!)];
    });

    // Targets run one at a time, each for as long as the process.
    private static readonly DialectEvents Events = new();

    public override string Name => name;

    internal override IEnumerable<byte[]> Seeds => shapes.Select((shape, index) => (byte[])[(byte)index, .. shape.SeedBytes]);

    internal override IReadOnlyList<byte[]> Words =>
    [
        .. WordsOf(words),
        .. WordsOf("{", "}", "[", "]", ",", ":", "\"", "\n", "\r\n", "null", "true", "0", "{}", "[]", "\\u0041", "\\ud800", "\\",
            "\u00e9", "\uFEFF"),
    ];

    public override void Run(byte[] input)
    {
        if (input.Length == 0)
        {
            return;
        }
        var which = input[0] % shapes.Length;
        var (shape, intake, body) = (shapes[which], _intakes.Value[which], input[1..]);
        var context = shape.Request(body);
        if (!intake.Check(context.Request).IsNone || Message(intake, context.Request, body) is not { } message)
        {
            return;
        }
        Events.Begin(new StreamDirectory(Options, []), Options, intake.FallbackStream);
        Events.Now = Now;
        var problem = intake.Read(context.Request, message, Events);
        FuzzException.Unless(problem.Place is null || problem.Place.Offset <= message.Length, $"{name}: the problem is behind the body");
        if (problem.IsNone)
        {
            CheckEvents(shape, message);
            intake.Accept(context, new DialectReceipt(Events.Count, 5, 4 + Events.Count, false, Events.State));
        }
        else
        {
            intake.Refuse(context, new DialectRefusal(problem, IsLater: false, 0, Events.Count, Events.State));
        }
        CheckAnswer(context);
        // The same request, where the node cannot take it for now.
        var later = shape.Request(body);
        intake.Refuse(later, new DialectRefusal(new Problem(ProblemKind.Overloaded, "Busy."), true, 3, Events.Count, Events.State));
        CheckAnswer(later);
    }

    private static byte[]? Message(DialectIntake intake, HttpRequest request, byte[] body)
    {
        var wrapping = intake.Unwrap(request, body);
        if (!wrapping.Problem.IsNone)
        {
            return null;
        }
        var budget = new BufferBudget(1024 * 1024);
        var arrived = default(ArrivedBody);
        budget.TryGrow(ref arrived, Math.Max(1, body.Length));
        body.CopyTo(arrived.Rented.AsSpan());
        arrived = new BodyDecoder(Options, budget).Unwrap(arrived with { Length = body.Length }, wrapping);
        var message = arrived.Problem.IsNone ? arrived.Bytes.ToArray() : null;
        budget.Release(arrived);
        return message;
    }

    private void CheckEvents(DialectShape shape, byte[] body)
    {
        var slices = Events.Slices.ToArray();
        FuzzException.Unless(slices.Length == Events.Count && Events.Streams.Sum(use => use.Events) == slices.Length,
            $"{name}: events do not add up");
        FuzzException.Unless(Events.Streams.All(use => StreamName.IsValid(use.Route.Name)), $"{name}: a stream has no stream's name");
        foreach (var slice in slices)
        {
            var payload = Events.Resolve(body, slice.Payload);
            FuzzException.Unless(Events.Format != EventFormat.Json || PlainJson.Is(payload, 80),
                $"{name}: an event is called JSON that is none");
            var key = Events.Resolve(body, slice.Key);
            var id = Events.Resolve(body, slice.Id);
            FuzzException.Unless(key.Length <= 1024 && id.Length <= 1024, $"{name}: a key or id is too long");
            FuzzException.Unless(Utf8.IsValid(key) && Utf8.IsValid(id), $"{name}: a key or id is no UTF-8");
            CheckAttributes(Events.Resolve(body, slice.Attributes));
        }
        CheckAttributes(Events.Shared.Written);
        if (shape.Plain is { } plain)
        {
            var expected = plain(body);
            FuzzException.Unless(expected is not null, $"{name}: a body is taken that a plain reader does not understand");
            FuzzException.Unless(expected!.Count == slices.Length, $"{name}: another number of events is taken than there are");
            for (var i = 0; i < slices.Length; i++)
            {
                FuzzException.Unless(Events.Resolve(body, slices[i].Payload).SequenceEqual(expected[i]),
                    $"{name}: an event has other bytes");
            }
        }
        Span<byte> digest = stackalloc byte[32];
        Events.TryDigestIds(digest);
    }

    private void CheckAttributes(ReadOnlySpan<byte> encoded)
    {
        var length = 0;
        foreach (var attribute in new EventAttributes(encoded))
        {
            length += 3 + attribute.Name.Length + attribute.Value.Length;
        }
        FuzzException.Unless(length == encoded.Length, $"{name}: attributes cannot be read back");
    }

    private void CheckAnswer(HttpContext context)
    {
        var response = context.Response;
        response.BodyWriter.FlushAsync().AsTask().GetAwaiter().GetResult();
        var answer = ((MemoryStream)response.Body).ToArray();
        FuzzException.Unless(response.ContentLength is null || response.ContentLength == answer.Length,
            $"{name}: an answer has another length than it says");
        FuzzException.Unless(
            response.ContentType?.Contains("json", StringComparison.Ordinal) != true || PlainJson.Is(answer, 64),
                $"{name}: an answer is no JSON");
    }
}
