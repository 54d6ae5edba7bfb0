namespace Ingest.Intake.Dialects.Amplitude;

/// <summary>Amplitude's HTTP API, version 2: <c>/2/httpapi</c>.</summary>
internal sealed class AmplitudeDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "amplitude";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) => [DialectRoute.Takes("/2/httpapi", new AmplitudeIntake(options))];
}
