using System.Net;

namespace Ingest.Operations.Telemetry;

/// <summary>
/// Remembers how the collector answered the last request: the exporter itself says no more than that it failed. One request at a time.
/// </summary>
internal sealed class CollectorAnswers(TimeProvider time) : DelegatingHandler(new SocketsHttpHandler())
{
    // Without an answer the attempt may be repeated: that is how a collector that is not there is found again.
    private static readonly HttpStatusCode[] Retryable =
        [HttpStatusCode.TooManyRequests, HttpStatusCode.BadGateway, HttpStatusCode.ServiceUnavailable, HttpStatusCode.GatewayTimeout];

    /// <summary>Whether sending the same again can help: 429, 502, 503 and 504, as OTLP says, a gRPC status, or no answer.</summary>
    internal bool MayRetry { get; private set; } = true;

    /// <summary>How long the collector asks to wait (<c>Retry-After</c>); null where it does not.</summary>
    internal TimeSpan? RetryAfter { get; private set; }

    /// <summary>What came, for people.</summary>
    internal string Reason { get; private set; } = "no answer";

    /// <inheritdoc/>
    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Forget();
        return Note(base.Send(request, cancellationToken));
    }

    /// <inheritdoc/>
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Forget();
        return Note(await base.SendAsync(request, cancellationToken));
    }

    private void Forget() => (MayRetry, RetryAfter, Reason) = (true, null, "no answer");

    private HttpResponseMessage Note(HttpResponseMessage answer)
    {
        // A gRPC call that failed is a 200 as well; its status comes behind the body.
        MayRetry = answer.IsSuccessStatusCode || Retryable.Contains(answer.StatusCode);
        RetryAfter = answer.Headers.RetryAfter switch
        {
            { Delta: { } delta } => delta,
            { Date: { } date } when date > time.GetUtcNow() => date - time.GetUtcNow(),
            _ => null,
        };
        Reason = $"{(int)answer.StatusCode} {answer.ReasonPhrase}".TrimEnd();
        return answer;
    }
}
