using Ingest.Sinks.Contract;

namespace EmbeddedHost;

/// <summary>Makes sinks of kind <c>lines</c>. The container makes the factory, so its constructor may take what the application has.</summary>
public sealed class LineSinkFactory(IHostEnvironment environment) : ISinkFactory
{
    /// <inheritdoc/>
    public string Kind => "lines";

    /// <inheritdoc/>
    public Type OptionsType => typeof(LineSinkOptions);

    /// <inheritdoc/>
    public ISink Create(SinkSetup setup)
    {
        ArgumentNullException.ThrowIfNull(setup);
        var options = setup.Settings.Get<LineSinkOptions>() ?? new LineSinkOptions();
        var path = options.Path.Length > 0 ? options.Path : Path.Combine(setup.DataDirectory, "lines.txt");
        return new LineSink(path, environment.ApplicationName);
    }
}
