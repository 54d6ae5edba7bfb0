namespace Ingest.Intake.Dialects.Sentry;

/// <summary>The envelopes of Sentry's SDKs.</summary>
internal sealed class SentryDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "sentry";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    // A path is the same with a slash at its end.
    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
        [DialectRoute.Takes("/api/{project}/envelope", new SentryIntake(options))];
}
