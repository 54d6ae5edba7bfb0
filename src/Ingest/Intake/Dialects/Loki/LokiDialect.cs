using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Dialects.Loki;

/// <summary>Loki's push API, in JSON and in protobuf.</summary>
internal sealed class LokiDialect : IDialect
{
    /// <inheritdoc/>
    public string Name => "loki";

    /// <inheritdoc/>
    public Type OptionsType => typeof(DialectOptions);

    /// <inheritdoc/>
    public IEnumerable<DialectRoute> Routes(DialectOptions options) =>
        [DialectRoute.Takes("/loki/api/v1/push", new LokiIntake(options)), DialectRoute.Answers("/ready", ReadyAsync)];

    private static Task ReadyAsync(HttpContext context, IDialectNode node)
    {
        DialectResponse.Write(
            context,
            node.IsReady ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable,
            "text/plain; charset=utf-8",
            node.IsReady ? "ready\n"u8 : "not ready\n"u8);
        return Task.CompletedTask;
    }
}
