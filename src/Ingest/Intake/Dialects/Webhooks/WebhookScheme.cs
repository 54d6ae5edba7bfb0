namespace Ingest.Intake.Dialects.Webhooks;

/// <summary>The sender whose signatures a hook takes.</summary>
internal enum WebhookScheme
{
    /// <summary>Standard Webhooks and Svix: <c>webhook-id</c>, <c>webhook-timestamp</c>, <c>webhook-signature</c>.</summary>
    Standard,

    /// <summary><c>X-Hub-Signature-256</c>.</summary>
    GitHub,

    /// <summary><c>Stripe-Signature</c>.</summary>
    Stripe,

    /// <summary><c>X-Shopify-Hmac-Sha256</c>.</summary>
    Shopify,

    /// <summary><c>X-Slack-Signature</c>.</summary>
    Slack,

    /// <summary>HMAC-SHA256 of the body, in hex or Base64, in a header that is named in the settings.</summary>
    Hmac,

    /// <summary>No signature but a key, as the native intake takes it; for Event Grid and CloudEvents.</summary>
    Key,
}
