using System.Net;
using System.Net.Http.Headers;
using System.Security.Authentication;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Connections;
using Ingest.Sinks.Http.Formats;

namespace Ingest.Sinks.Http;

/// <summary>One request and what it comes to. Throws only when the lane gave the attempt up.</summary>
internal sealed class HttpExchange(HttpMessageInvoker client, HttpCredentials credentials, StatusTable statuses, RequestFormat format,
    HttpSinkOptions options, TimeProvider time, bool isPerStream)
{
    /// <param name="request">The request.</param>
    /// <param name="events">How many events it has.</param>
    /// <param name="cancel">The lane gives the attempt up.</param>
    internal async ValueTask<HttpAnswer> SendAsync(HttpRequestMessage request, int events, CancellationToken cancel)
    {
        using var within = new CancellationTokenSource(options.RequestTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, within.Token);
        try
        {
            using var response = await client.SendAsync(request, either.Token);
            return await JudgeAsync(response, events, either.Token);
        }
        catch (OperationCanceledException e) when (!cancel.IsCancellationRequested)
        {
            // Connecting has a limit of its own.
            return Retryable(within.IsCancellationRequested
                ? $"no answer within {options.RequestTimeout}"
                : $"no connection within {options.ConnectTimeout}: {e.InnerException?.Message ?? e.Message}");
        }
        catch (HttpRequestException e)
        {
            var kind = Kind(e);
            if (kind == VerdictKind.Blocked)
            {
                credentials.Distrust();
            }
            return new HttpAnswer(new SinkVerdict(
                kind, Describe(e), Scope: kind == VerdictKind.Blocked ? VerdictScope.Sink : VerdictScope.Unknown));
        }
        catch (IOException e)
        {
            // The connection broke before the answer was whole.
            return Retryable(e.Message);
        }
    }

    /// <summary>When to come back, as seconds or as a time; null when it is not said or lies behind. How long is obeyed, the lane
    /// bounds.</summary>
    internal static TimeSpan? When(RetryConditionHeaderValue? header, DateTimeOffset now)
    {
        var wait = header?.Delta ?? header?.Date - now;
        return wait > TimeSpan.Zero ? wait : null;
    }

    private async ValueTask<HttpAnswer> JudgeAsync(HttpResponseMessage response, int events, CancellationToken cancel)
    {
        var wait = When(response.Headers.RetryAfter, time.GetUtcNow());
        var kind = statuses[(int)response.StatusCode, wait is not null];
        var (needed, told) = (format.AnswerBytesMax(events), kind == VerdictKind.Delivered ? 0 : options.AnswerBytesMax);
        if (kind == VerdictKind.Delivered && needed == 0)
        {
            // What is left of the answer is drained, within bounds, as it is disposed.
            return new HttpAnswer(SinkVerdict.Delivered);
        }
        var patience = kind == VerdictKind.Delivered ? format.AnswerPatience : AnswerBody.Patience;
        var body = await AnswerBody.ReadAsync(response, Math.Max(needed, told), patience, time, cancel);
        var usual = Usual(response, kind, AnswerReason.Of(response, body.Bytes[..Math.Min(body.Bytes.Length, told)]), wait);
        return (needed > 0 ? format.Read(new ReceivedAnswer(usual, (int)response.StatusCode, body), events) : null)
            ?? new HttpAnswer(usual, response.StatusCode == HttpStatusCode.RequestEntityTooLarge);
    }

    private SinkVerdict Usual(HttpResponseMessage response, VerdictKind kind, string reason, TimeSpan? wait)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.ProxyAuthenticationRequired)
        {
            credentials.Distrust();
        }
        if ((int)response.StatusCode / 100 == 3 && response.Headers.Location is { } place)
        {
            reason += $" redirects to {AnswerReason.OneLine(Place(place))}; not followed";
        }
        var scope = StatusTable.ScopeOf((int)response.StatusCode, kind, isPerStream);
        return kind == VerdictKind.Delivered ? SinkVerdict.Delivered : new SinkVerdict(kind, reason, wait, scope);
    }

    // Without what may be a secret: user and password, query, fragment.
    private static string Place(Uri place) => place.IsAbsoluteUri
        ? place.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)
        : place.OriginalString.Split('?', '#')[0];

    // A certificate that is not trusted stays so; a handshake that broke off may not. A proxy that knows us not, or does not let us
    // through, is asked again in vain; one that finds the other side away is not.
    private static VerdictKind Kind(HttpRequestException failure) => failure switch
    {
        { HttpRequestError: HttpRequestError.SecureConnectionError, InnerException: AuthenticationException } => VerdictKind.Blocked,
        { HttpRequestError: HttpRequestError.ProxyTunnelError, StatusCode: { } status } when (int)status / 100 == 4
            && status is not (HttpStatusCode.RequestTimeout or HttpStatusCode.TooManyRequests) => VerdictKind.Blocked,
        _ => VerdictKind.Retryable,
    };

    private static string Describe(HttpRequestException failure) =>
        $"{failure.HttpRequestError}: {failure.InnerException?.Message ?? failure.Message}";

    private static HttpAnswer Retryable(string reason) => new(new SinkVerdict(VerdictKind.Retryable, reason));
}
