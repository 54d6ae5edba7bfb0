namespace Ingest.Intake.Dialects.PostHog;

/// <summary>PostHog's capture API.</summary>
internal sealed class PostHogDialect : IDialect
{
    private static readonly string[] Paths = ["/batch", "/capture", "/e", "/track", "/i/v0/e"];

    /// <inheritdoc/>
    public string Name => "posthog";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options)
    {
        // A path is the same with a slash at its end.
        var intake = new PostHogIntake(options);
        return Paths.Select(path => DialectRoute.Takes(path, intake));
    }
}
