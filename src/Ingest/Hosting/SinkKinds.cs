using Ingest.Hosting.Settings;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Discard;
using Ingest.Sinks.Files;
using Ingest.Sinks.Http;

namespace Ingest.Hosting;

/// <summary>
/// The kinds of sinks a node knows: every <see cref="ISinkFactory"/> in the container, however it was registered. One of the application's
/// takes the place of a built-in one of the same kind.
/// </summary>
internal sealed class SinkKinds
{
    /// <exception cref="SettingsException">Two factories of the application's make the same kind.</exception>
    public SinkKinds(IEnumerable<ISinkFactory> factories)
    {
        var kinds = new Dictionary<string, ISinkFactory>(StringComparer.OrdinalIgnoreCase);
        foreach (var factory in factories.OrderBy(factory => IsBuiltIn(factory)))
        {
            if (!kinds.TryAdd(factory.Kind, factory) && !IsBuiltIn(factory) && kinds[factory.Kind].GetType() != factory.GetType())
            {
                throw new SettingsException([new SettingError(
                    "Sinks",
                    factory.Kind,
                    $"is made by {kinds[factory.Kind].GetType().FullName} and by {factory.GetType().FullName}: register one of them.")]);
            }
        }
        Factories = [.. kinds.Values];
    }

    /// <summary>One per kind.</summary>
    internal IReadOnlyList<ISinkFactory> Factories { get; }

    /// <summary>The options class of each kind.</summary>
    internal IReadOnlyDictionary<string, Type> OptionTypes =>
        Factories.ToDictionary(factory => factory.Kind, factory => factory.OptionsType);

    private static bool IsBuiltIn(ISinkFactory factory) => factory is FileSinkFactory or DiscardSinkFactory or HttpSinkFactory;
}
