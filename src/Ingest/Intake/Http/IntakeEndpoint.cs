using System.Runtime.CompilerServices;
using Ingest.Events;
using Ingest.Health;
using Ingest.Intake.Admission;
using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Dialects.Engine;
using Ingest.Intake.Idempotency;
using Ingest.Intake.Keys;
using Ingest.Intake.Producers;
using Ingest.Intake.Receipts;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;
using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Http;

/// <summary>
/// Takes events over HTTP: admits, reads under limits, checks, encodes, and answers 202 when they are durable. The handlers are mapped for
/// every method, because saying what is wrong is theirs too.
/// </summary>
internal sealed class IntakeEndpoint : IDisposable
{
    /// <summary>Route of the stream <c>default</c>.</summary>
    internal const string DefaultPattern = "/v1/events";

    /// <summary>Route of any stream.</summary>
    internal const string StreamPattern = "/v1/streams/{stream}/events";

    /// <summary>The methods of a path that is only read, as <c>Allow</c> has them.</summary>
    internal const string ReadMethods = "GET, HEAD";

    /// <summary>The methods of health, as <c>Allow</c> has them.</summary>
    internal const string HealthMethods = "GET, HEAD, OPTIONS";

    private const string NoRoute = "";

    // A body that takes longer to check than a hop to the pool costs is not checked on the thread that serves the sockets: about 0.2 ms.
    private const int CheckedInPlaceBytesMax = 128 * 1024;

    private readonly Authentication _authentication;
    private readonly RequestAdmission _admission;
    private readonly BufferBudget _budget;
    private readonly BodyArrival _arrival;
    private readonly BodyDecoder _decoder;
    private readonly RequestEncoding _encoding;
    private readonly EventStore _store;
    private readonly AckRules _acks;
    private readonly ReceiptEndpoint _receipts;
    private readonly RequestMetrics _metrics;
    private readonly Refusals _refusals;
    private readonly LingeringClose _lingering;
    private readonly ILogger _logger;
    private readonly RequestIdentity _identity = new();
    private int _inFlight;

    /// <param name="options">The settings, checked.</param>
    /// <param name="streams">The streams there are.</param>
    /// <param name="gate">Whether intake accepts at all.</param>
    /// <param name="submit">The queue.</param>
    /// <param name="deliveries">What became of events.</param>
    /// <param name="advice">When refused producers should come back.</param>
    /// <param name="instruments">Where requests are counted.</param>
    /// <param name="time">The clock.</param>
    /// <param name="logger">For what should not happen.</param>
    /// <exception cref="ArgumentException">A setting is wrong; the message names key and value.</exception>
    /// <exception cref="FormatException">The keys' file is not what it should be; the message says where and why.</exception>
    /// <exception cref="IOException">A file that a setting names cannot be read.</exception>
    internal IntakeEndpoint(
        IntakeOptions options,
        StreamDirectory streams,
        AdmissionGate gate,
        SubmitBatch submit,
        IDeliveries deliveries,
        IRetryAdvice advice,
        Instruments instruments,
        TimeProvider time,
        ILogger<IntakeEndpoint> logger)
    {
        _logger = logger;
        _authentication = AuthenticationSetup.Create(options, time, logger);
        _admission = new RequestAdmission(options, streams, gate, _authentication);
        _budget = new BufferBudget(options.BufferBytesMax);
        _arrival = new BodyArrival(options, _budget, time);
        _decoder = new BodyDecoder(options, _budget);
        Idempotency = new IdempotencyWindow(options.IdempotencyWindow, options.IdempotencyKeysMax, time);
        Sequences = new ProducerSequences(options.ProducersMax, options.ProducerRetention, time);
        _encoding = new RequestEncoding(options, streams, Idempotency, time);
        _metrics = new RequestMetrics(instruments, time);
        _refusals = new Refusals(advice, _metrics);
        _lingering = new LingeringClose(options, time);
        _acks = new AckRules(options);
        Waits = new DeliveredWaits(deliveries, options, instruments, time);
        _receipts = new ReceiptEndpoint(deliveries, _admission, options, _refusals, _metrics);
        _store = new EventStore(submit, Idempotency, Sequences, Waits, _refusals, _metrics);
        Parts = new IntakeParts
        {
            Options = options,
            Streams = streams,
            Gate = gate,
            Authentication = _authentication,
            Budget = _budget,
            Arrival = _arrival,
            Decoder = _decoder,
            Window = Idempotency,
            Metrics = _metrics,
            Advice = advice,
            Refusals = _refusals,
            Lingering = _lingering,
            Time = time,
            Logger = logger,
            Begin = Begin,
            InFlight = change => Interlocked.Add(ref _inFlight, change),
        };
    }

    /// <summary>Requests that were let in and are not answered yet. Any thread.</summary>
    public int InFlight => Volatile.Read(ref _inFlight);

    /// <summary>Bytes held for bodies that arrive in pieces or compressed. Any thread.</summary>
    public long BytesArriving => _budget.Taken;

    /// <summary>Whether HTTP/1.1 answers close their connection, so that balancers and producers turn elsewhere. Any thread.</summary>
    public bool ClosesConnections { get; set; }

    /// <summary>Requests that wait for delivery.</summary>
    internal DeliveredWaits Waits { get; }

    /// <summary>What the dialects share with this endpoint.</summary>
    internal IntakeParts Parts { get; }

    /// <summary>The answers that are remembered. Filled from the log at start with <see cref="IdempotencyRecovery"/>.</summary>
    public IdempotencyWindow Idempotency { get; }

    /// <summary>The number of each producer's next event. Filled at start from its file and the log.</summary>
    internal ProducerSequences Sequences { get; }

    /// <summary>Handles <see cref="DefaultPattern"/>.</summary>
    public Task HandleDefaultAsync(HttpContext context) => HandleAsync(context, StreamName.Default, DefaultPattern);

    /// <summary>Handles <see cref="StreamPattern"/>.</summary>
    public Task HandleStreamAsync(HttpContext context) =>
        HandleAsync(context, context.Request.RouteValues["stream"] as string, StreamPattern);

    /// <summary>Handles <see cref="ReceiptEndpoint.Pattern"/>.</summary>
    internal Task HandleReceiptAsync(HttpContext context)
    {
        Begin(context);
        return _receipts.HandleAsync(context);
    }

    /// <summary>Handles what a page of an origin sends that may not.</summary>
    internal Task RefuseOriginAsync(HttpContext context, string route)
    {
        Begin(context);
        var problem = new Problem(ProblemKind.Forbidden, "Pages of this origin may not send (Intake:Origins).");
        return RefuseAsync(context, problem, route, _metrics.Start());
    }

    /// <summary>Handles every other path.</summary>
    public Task HandleUnknownAsync(HttpContext context)
    {
        Begin(context);
        var problem = new Problem(ProblemKind.UnknownPath, $"Events are sent to {DefaultPattern} or {StreamPattern}.");
        return RefuseAsync(context, problem, NoRoute, _metrics.Start());
    }

    /// <summary>Handles every other method on a path that is only read, such as health.</summary>
    public Task HandleReadOnlyAsync(HttpContext context, string allow)
    {
        Begin(context);
        context.Response.Headers.Allow = allow;
        var problem = new Problem(ProblemKind.MethodNotAllowed, "This path is only read.");
        return RefuseAsync(context, problem, NoRoute, _metrics.Start());
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _authentication.Dispose();
        Waits.Dispose();
    }

    private Task HandleAsync(HttpContext context, string? streamName, string route)
    {
        var started = _metrics.Start();
        Begin(context);
        if (Parts.Options.WebHookOrigins.Length > 0 && WebHookHandshake.IsAsked(context.Request))
        {
            WebHookHandshake.Answer(context, Parts.Options.WebHookOrigins);
            return Task.CompletedTask;
        }
        var problem = _admission.Check(context.Request, streamName, out var admitted);
        if (!problem.IsNone)
        {
            return RefuseAsync(context, problem, route, started);
        }
        return admitted.Producer is null
            ? VerifyAndTakeAsync(context, admitted, route, started)
            : TakeAsync(context, admitted, route, started);
    }

    private void Begin(HttpContext context)
    {
        _identity.Write(context);
        // Of HTTP/2 the server ends the whole connection for one slow body: there the intake's own deadline alone ends the request.
        if (HttpProtocol.IsHttp2(context.Request.Protocol) && context.Features.Get<IHttpMinRequestBodyDataRateFeature>() is { } rate)
        {
            rate.MinDataRate = null;
        }
        if (ClosesConnections)
        {
            Answers.CloseConnection(context);
        }
    }

    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private async Task VerifyAndTakeAsync(HttpContext context, AdmittedRequest admitted, string route, long started)
    {
        var (producer, problem) = await _admission.VerifyAsync(context.Request, admitted);
        await (problem.IsNone
            ? TakeAsync(context, admitted with { Producer = producer }, route, started)
            : RefuseAsync(context, problem, route, started));
    }

    private async Task RefuseAsync(HttpContext context, Problem problem, string route, long started)
    {
        await _refusals.AnswerAsync(context, problem, route, started);
        await _lingering.ReadOnAsync(context);
    }

    /// <summary>The whole way of an admitted request.</summary>
    [AsyncMethodBuilder(typeof(PooledTaskMethodBuilder))]
    private async Task TakeAsync(HttpContext context, AdmittedRequest admitted, string route, long started)
    {
        var problem = _acks.Read(context.Request.Headers, admitted, out var ack);
        if (!problem.IsNone)
        {
            await RefuseAsync(context, problem, route, started);
            return;
        }
        Interlocked.Increment(ref _inFlight);
        try
        {
            var reader = context.Request.BodyReader;
            EncodedRequest request;
            if (admitted.Encodings.Length == 0 && BodyArrival.TryReadWhole(reader, out var whole))
            {
                request = _encoding.Encode(context.Request, admitted, whole.FirstSpan);
                reader.AdvanceTo(whole.End);
            }
            else
            {
                var body = await _arrival.ReadAsync(reader, context.Request.ContentLength);
                if (body.IsGone)
                {
                    context.Abort();
                    _metrics.Gone(route, started);
                    return;
                }
                if (body.Length > CheckedInPlaceBytesMax || admitted.Encodings.Length > 0)
                {
                    await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
                }
                body = _decoder.Decode(body, admitted.Encodings);
                request = body.Problem.IsNone
                    ? _encoding.Encode(context.Request, admitted, body.Bytes)
                    : new EncodedRequest { Problem = body.Problem };
                _budget.Release(body);
            }
            if (request.IsPlain)
            {
                // Waited for here: another asynchronous method in between would be another task for each request.
                var count = request.Batch!.Count;
                var receipt = await _store.SubmitAsync(request.Batch, admitted.Stream.Name);
                await _store.AnswerAsync(context, count, receipt, ack, route, started);
            }
            else
            {
                await _store.StoreAsync(context, request, ack, admitted.Stream.Name, route, started);
            }
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // Whatever it is, it is ours: the producer is told that the event may or may not be stored, as with any 5xx.
            Log.RequestFailed(_logger, context.Response.Headers[IntakeHeaders.RequestId].ToString(), e);
            var failed = new Problem(ProblemKind.InternalError, "Look for the X-Request-Id in the node's log.");
            await _refusals.AnswerAsync(context, failed, route, started);
        }
        finally
        {
            Interlocked.Decrement(ref _inFlight);
        }
        // Answered, and so no longer in flight: a drain does not wait for this.
        if (context.Response.StatusCode >= StatusCodes.Status400BadRequest)
        {
            await _lingering.ReadOnAsync(context);
        }
    }
}
