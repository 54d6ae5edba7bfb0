using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http;

/// <summary>Makes sinks of kind <c>http</c>.</summary>
public sealed class HttpSinkFactory : ISinkFactory
{
    /// <inheritdoc/>
    public string Kind => "http";

    /// <inheritdoc/>
    public Type OptionsType => typeof(HttpSinkOptions);

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup)
    {
        var options = SinkSettings.Bind<HttpSinkOptions>(setup.Settings);
        if (options.Contradictions().FirstOrDefault() is not null || !UrlTemplate.TryParse(options.Url, out var url))
        {
            throw new InvalidOperationException($"{setup.Settings.Path}: {options.Contradictions().First()}");
        }
        return new HttpSink(setup, options, url);
    }
}
