using System.Text;
using Ingest.Events;
using Ingest.Intake.Body;
using Ingest.Intake.Dialects.Reading;
using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Webhooks;

/// <summary>
/// Takes one webhook's bodies: verified over the bytes as they came, before anything looks into them, and stored as they came, with the
/// headers that say what they are. A delivery that comes again under the same id is answered and not stored.
/// </summary>
internal sealed class WebhookIntake(WebhooksDialectOptions options, WebhookProfile profile) : DialectIntake(options)
{
    private const int AttributeBytesMax = 4096;

    // What says what an event is and who signed it. Never a credential.
    private static readonly string[] Kept =
    [
        "x-github-event", "x-github-delivery", "x-github-hook-id", "x-hub-signature-256", "stripe-signature", "x-shopify-topic",
        "x-shopify-shop-domain", "x-shopify-webhook-id", "x-shopify-hmac-sha256", "x-slack-signature", "x-slack-request-timestamp",
        "x-slack-retry-num", "webhook-id", "webhook-timestamp", "webhook-signature", "svix-id", "svix-timestamp", "svix-signature",
        "aeg-event-type", "aeg-subscription-name", "x-amz-sns-message-type", "x-amz-sns-topic-arn",
    ];

    /// <inheritdoc/>
    public override string FallbackStream => profile.Stream;

    /// <inheritdoc/>
    public override bool KnowsProducers => profile.Scheme != WebhookScheme.Key;

    /// <inheritdoc/>
    public override DialectCredentials FindKey(HttpRequest request) =>
        DialectCredentials.OfAuthorization(request).Or(DialectCredentials.Of(request.Query["access_token"]));

    /// <inheritdoc/>
    public override Problem Read(HttpRequest request, ReadOnlySpan<byte> body, DialectEvents events)
    {
        var headers = request.Headers;
        if (KnowsProducers && !WebhookSignature.Verifies(profile, headers, body, events.Now))
        {
            return new Problem(ProblemKind.Unauthenticated, "The signature is missing, too old, or not made with a secret of this hook.");
        }
        if (body.IsEmpty)
        {
            return BodyLimits.Empty;
        }
        var isJson = IsJson(body, events.JsonDepthMax);
        if (isJson && Challenge(headers, body) is { } challenge)
        {
            events.State = challenge;
            return default;
        }
        var type = Encoding.ASCII.GetBytes(request.ContentType is { Length: > 0 and < 256 } sent ? sent : "application/octet-stream");
        events.Are(isJson ? EventFormat.Json : EventFormat.Opaque, type);
        foreach (var name in Kept)
        {
            if (headers.TryGetValue(name, out var value) && value.Count == 1 && value[0]!.Length <= AttributeBytesMax)
            {
                events.Share(Encoding.ASCII.GetBytes(name), Encoding.UTF8.GetBytes(value[0]!));
            }
        }
        var id = Id(headers, isJson ? body : default);
        if (id.Length > 0)
        {
            events.Identify(Encoding.UTF8.GetBytes($"{profile.Name}\0{id}"));
        }
        return events.Add(body, new DialectEvent(body) { Id = Encoding.UTF8.GetBytes(id.Length <= 256 ? id : "") });
    }

    /// <inheritdoc/>
    public override void Accept(HttpContext context, in DialectReceipt receipt)
    {
        if (receipt.State is byte[] answer)
        {
            DialectResponse.Write(context, StatusCodes.Status200OK, "application/json", answer);
            return;
        }
        DialectResponse.WriteEmpty(context, StatusCodes.Status200OK);
    }

    /// <inheritdoc/>
    public override void Refuse(HttpContext context, in DialectRefusal refusal)
    {
        var kind = refusal.Problem.Kind;
        var status = refusal.IsLater ? StatusCodes.Status503ServiceUnavailable : kind.Status;
        DialectResponse.WriteJson(
            context, status, $"{{\"code\":\"{kind.Code}\",\"detail\":{DialectResponse.Quoted(refusal.Problem.Detail)}}}");
    }

    private string Id(IHeaderDictionary headers, ReadOnlySpan<byte> json) => profile.Scheme switch
    {
        WebhookScheme.Standard => WebhookSignature.Standard(headers, "id"),
        WebhookScheme.GitHub => headers["X-GitHub-Delivery"].ToString(),
        WebhookScheme.Shopify => headers["X-Shopify-Webhook-Id"].ToString(),
        WebhookScheme.Stripe => Encoding.UTF8.GetString(JsonText.Of(JsonText.Member(json, "id"u8))),
        WebhookScheme.Slack => Encoding.UTF8.GetString(JsonText.Of(JsonText.Member(json, "event_id"u8))),
        _ => "",
    };

    /// <summary>The answer to a handshake that came as an event; null where it is none.</summary>
    private byte[]? Challenge(IHeaderDictionary headers, ReadOnlySpan<byte> body)
    {
        if (profile.Scheme == WebhookScheme.Slack && JsonText.Of(JsonText.Member(body, "type"u8)).SequenceEqual("url_verification"u8))
        {
            var challenge = JsonText.Member(body, "challenge"u8);
            return challenge.IsEmpty || challenge[0] != '"' ? null : [.. "{\"challenge\":"u8, .. challenge, (byte)'}'];
        }
        if (profile.Scheme != WebhookScheme.Key || headers["aeg-event-type"] != "SubscriptionValidation")
        {
            return null;
        }
        var code = JsonText.Member(JsonText.Member(JsonText.First(body), "data"u8), "validationCode"u8);
        return code.IsEmpty || code[0] != '"' ? null : [.. "{\"validationResponse\":"u8, .. code, (byte)'}'];
    }

    private static bool IsJson(ReadOnlySpan<byte> body, int depthMax)
    {
        var cursor = new JsonCursor(body, depthMax, out var problem);
        return problem.IsNone && cursor.HasMore() && cursor.Value(out _) && cursor.End().IsNone;
    }
}
