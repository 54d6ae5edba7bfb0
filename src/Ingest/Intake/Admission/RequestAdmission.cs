using Ingest.Health;
using Ingest.Health.Policy;
using Ingest.Intake.Body;
using Ingest.Intake.CloudEvents;
using Ingest.Intake.Http;
using Ingest.Intake.Keys;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Admission;

/// <summary>A request that was let in, and what its headers say of its body.</summary>
/// <param name="Stream">Where its events go.</param>
/// <param name="Type">How they lie in the body.</param>
/// <param name="Encodings">How the body is compressed, in the order it was done.</param>
/// <param name="Producer">Who sends it; null while that has to be asked for.</param>
/// <param name="Policy">The operator's policy it came in under.</param>
internal readonly record struct AdmittedRequest(
    StreamRoute Stream, BodyType Type, ContentEncoding[] Encodings, Producer? Producer, OperatorPolicy Policy);

/// <summary>Decides over a request by its head alone, before a byte of its body is read.</summary>
/// <param name="options">The settings, checked.</param>
/// <param name="streams">The streams there are.</param>
/// <param name="gate">Whether intake accepts at all.</param>
/// <param name="authentication">Who sends.</param>
internal sealed class RequestAdmission(IntakeOptions options, StreamDirectory streams, AdmissionGate gate, Authentication authentication)
{
    private const string RenamedContentLength = "X-Content-Length";
    private const string Chunked = "chunked";
    private const string Continue = "100-continue";

    /// <summary>
    /// Lets a request in, or says why not: the cheapest and most likely reasons first. One whose producer has to be asked for is let in
    /// without one; <see cref="VerifyAsync"/> decides.
    /// </summary>
    internal Problem Check(HttpRequest request, string? streamName, out AdmittedRequest admitted)
    {
        admitted = default;
        if (!HttpMethods.IsPost(request.Method))
        {
            return new Problem(ProblemKind.MethodNotAllowed, "Only POST is taken at this path.");
        }
        if (gate.Current is { } refusal)
        {
            return new Problem(ProblemKind.Of(refusal.Code), refusal.Detail);
        }
        var problem = CheckTransport(request, options);
        if (!problem.IsNone)
        {
            return problem;
        }
        var headers = request.Headers;
        var producer = FindProducer(request, out problem);
        if (!problem.IsNone
            || streams.Find(streamName, out problem) is not { } stream
            || ContentEncodings.Find(headers.ContentEncoding, out problem) is not { } encodings
            || FindType(headers, out problem) is not { } type)
        {
            return problem;
        }
        admitted = new AdmittedRequest(stream, type, encodings, producer, gate.Policy);
        problem = BodyLimits.Check(type, encodings.Length > 0, request.ContentLength, options, headers);
        return problem.IsNone && producer is not null ? Authorize(producer, admitted, request.ContentLength ?? 0) : problem;
    }

    /// <summary>Whether a request that brings nothing may ask: it shows a key that may send, or none is needed.</summary>
    internal async ValueTask<Problem> IdentifyAsync(HttpRequest request)
    {
        var problem = CheckTransport(request, options);
        if (!problem.IsNone)
        {
            return problem;
        }
        var producer = FindProducer(request, out problem);
        return producer is null && problem.IsNone ? (await authentication.VerifyAsync(request.Headers)).Problem : problem;
    }

    /// <summary>By the headers, or by the query where that is allowed and no header shows a key.</summary>
    private Producer? FindProducer(HttpRequest request, out Problem problem)
    {
        var headers = request.Headers;
        if (!options.KeysInQuery || headers.Authorization.Count > 0 || headers.ContainsKey(IntakeHeaders.ApiKey)
            || authentication.IsOff || !request.Query.TryGetValue("access_token", out var token))
        {
            return authentication.Find(headers, out problem);
        }
        var producer = token.Count == 1 ? authentication.FindKey(token.ToString()) : null;
        problem = producer is null ? Authentication.UnknownKey : default;
        return producer;
    }

    /// <summary>What is wrong with the name the node is called by, or with the framing of the body.</summary>
    internal static Problem CheckTransport(HttpRequest request, IntakeOptions options)
    {
        if (options.Hosts.Length > 0 && !options.Hosts.Contains(request.Host.Host, StringComparer.OrdinalIgnoreCase))
        {
            return new Problem(ProblemKind.BadRequest, "The node is not called by this name (Intake:Hosts).");
        }
        var headers = request.Headers;
        if (request.ContentLength is null && IsAmbiguous(request))
        {
            return new Problem(
                ProblemKind.BadRequest,
                "Transfer-Encoding is not chunked alone, there is a Content-Length beside it, or this is HTTP/1.0, which has none.");
        }
        if (headers.Expect is { Count: > 0 } expected && !Continue.Equals(expected.ToString(), StringComparison.OrdinalIgnoreCase))
        {
            return new Problem(ProblemKind.ExpectationFailed, "The only expectation that can be met is 100-continue.");
        }
        return SingleHeaders.FirstRepeated(headers) is { } repeated
            ? new Problem(ProblemKind.BadRequest, $"{repeated} is there more than once.")
            : default;
    }

    /// <summary>Asks for the producer of an admitted request, and decides over it.</summary>
    internal async ValueTask<(Producer? Producer, Problem Problem)> VerifyAsync(HttpRequest request, AdmittedRequest admitted)
    {
        var (producer, problem) = await authentication.VerifyAsync(request.Headers);
        return producer is null ? (null, problem) : (producer, Authorize(producer, admitted, request.ContentLength ?? 0));
    }

    /// <summary>
    /// Whether another reader could see another end of the body. The server renames a Content-Length that stands beside a
    /// Transfer-Encoding, and takes <c>chunked</c> for what it is, however often it is there, and in HTTP/1.0 too, where others may not
    /// know it (RFC 9112, section 6.1).
    /// </summary>
    private static bool IsAmbiguous(HttpRequest request) =>
        request.Headers.TransferEncoding is { Count: > 0 } codings
        && (codings.Count > 1 || !Chunked.Equals(codings[0], StringComparison.OrdinalIgnoreCase)
            || request.Headers.ContainsKey(RenamedContentLength) || HttpProtocol.IsHttp10(request.Protocol));

    // The key's own quota before the limits it shares with others: a key that sends too much must not use up theirs.
    private static Problem Authorize(Producer producer, in AdmittedRequest admitted, long bodyBytes)
    {
        var stream = admitted.Stream.Name;
        if (!producer.MaySendTo(stream))
        {
            return new Problem(ProblemKind.Forbidden, "This key may not send to this stream.");
        }
        var wait = producer.Quota?.Admit(bodyBytes) ?? TimeSpan.Zero;
        if (wait > TimeSpan.Zero)
        {
            return Limited("More events or bytes a second than this key may send.", wait.TotalSeconds);
        }
        var decision = admitted.Policy.Check(stream, producer.PolicyName, events: 1);
        if (decision.Verdict == PolicyVerdict.Admit)
        {
            return default;
        }
        producer.Quota?.Return(bodyBytes);
        return PolicyProblem(decision);
    }

    internal static Problem PolicyProblem(PolicyDecision decision)
    {
        var subject = decision.Scope switch
        {
            PolicyScope.Stream => "this stream",
            PolicyScope.Key => "this key",
            _ => "this node",
        };
        return decision.Verdict == PolicyVerdict.Refuse
            ? new Problem(ProblemKind.PolicyRefused, $"The operator has switched {subject} off.")
            : Limited($"More events a second than the operator's policy allows for {subject}.", decision.RetrySeconds);
    }

    internal static Problem Limited(string detail, double seconds) => new(ProblemKind.RateLimited, detail)
    {
        RetrySeconds = (int)Math.Min(Math.Ceiling(seconds), int.MaxValue),
    };

    private static BodyType? FindType(IHeaderDictionary headers, out Problem problem)
    {
        var contentType = headers.ContentType.ToString();
        return CloudEventHeaders.ArePresent(headers)
            ? MediaTypes.FindData(contentType, out problem)
            : MediaTypes.Find(contentType, out problem);
    }
}
