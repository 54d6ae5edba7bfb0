using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using Ingest.Events;
using Ingest.Intake.CloudEvents;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Webhooks;

/// <summary>Webhooks of providers that sign them, and the handshakes before them: <c>/v1/hooks/NAME</c>.</summary>
internal sealed class WebhooksDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "webhooks";

    /// <inheritdoc/>
    public Type OptionsType => typeof(WebhooksDialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        var settings = (WebhooksDialectOptions)options;
        foreach (var profile in WebhookProfile.Read(settings).Values)
        {
            yield return DialectRoute.Takes("/v1/hooks/" + profile.Name, new WebhookIntake(settings, profile));
            yield return DialectRoute.Answers("/v1/hooks/" + profile.Name, (context, _) => Handshake(context, settings), "OPTIONS");
        }
    }

    private static Task Handshake(HttpContext context, WebhooksDialectOptions options)
    {
        WebHookHandshake.Answer(context, options.Origins);
        return Task.CompletedTask;
    }
}

/// <summary>Section <c>Dialects:webhooks</c>: the hooks by their names, which are the last part of their paths.</summary>
public sealed class WebhooksDialectOptions : DialectOptions, IValidatableObject
{
    /// <summary>The defaults: providers send again for hours, but some give up on an answer after 3 s.</summary>
    public WebhooksDialectOptions() => AdmissionWait = TimeSpan.FromSeconds(1);

    /// <summary>Per hook, whose signatures it takes: standard (also Svix), github, stripe, shopify, slack, hmac, or key for none.</summary>
    [Description("Per hook, whose signatures it takes: standard (also Svix), github, stripe, shopify, slack, hmac; "
        + "key: an API key instead.")]
    public IDictionary<string, string> Schemes { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Per hook, its secret; two with a comma between while one replaces the other.</summary>
    [Description("Per hook, its secret; two with a comma between while one replaces the other.")]
    public IDictionary<string, string> Secrets { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Per hook, the stream of its events. Default: the hook's name.</summary>
    [Description("Per hook, the stream of its events; without one, the hook's name.")]
    public IDictionary<string, string> Streams { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Per hook with the scheme hmac, the header its signature is in. Default X-Signature.</summary>
    [Description("Per hook with the scheme hmac, the header its signature is in; without one, X-Signature.")]
    public IDictionary<string, string> SignatureHeaders { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Origins that are told they may send, where CloudEvents senders ask first; <c>*</c>: all. Default none.</summary>
    [Description("Origins that are told they may send, where CloudEvents senders ask first (WebHook-Request-Origin); *: all.")]
    public string[] Origins { get; set; } = [];

    /// <inheritdoc/>
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (hook, scheme) in Schemes)
        {
            if (!StreamName.IsValid(hook) || !StreamName.IsValid(Streams.TryGetValue(hook, out var stream) ? stream : hook))
            {
                yield return new ValidationResult($"names a hook or stream that is no name: {StreamName.Pattern}.", [$"Schemes:{hook}"]);
            }
            if (!Enum.TryParse<WebhookScheme>(scheme, ignoreCase: true, out var known) || !Enum.IsDefined(known))
            {
                yield return new ValidationResult(
                    "must be one of standard, github, stripe, shopify, slack, hmac, key.", [$"{nameof(Schemes)}:{hook}"]);
            }
            else if (known != WebhookScheme.Key && !(Secrets.TryGetValue(hook, out var secret) && WebhookProfile.Split(secret).Length > 0))
            {
                yield return new ValidationResult("must hold the hook's secret.", [$"{nameof(Secrets)}:{hook}"]);
            }
        }
    }
}
