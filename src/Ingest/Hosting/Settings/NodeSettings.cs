using Ingest.DeadLetters;
using Ingest.Hosting.Dialects;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings.Values;
using Ingest.Intake;
using Ingest.Operations.Admin;
using Microsoft.Extensions.Configuration;

namespace Ingest.Hosting.Settings;

/// <summary>
/// The configuration of a node, bound and checked in one place: an options object per section, what is wrong with it, and where each value
/// came from.
/// </summary>
public sealed class NodeSettings
{
    private const string PublishToKey = "DeadLetters:PublishTo";

    private static readonly string[] ListeningSections = ["Listen", "Intake", "Admin"];

    private readonly Dictionary<string, object> _options = new(StringComparer.OrdinalIgnoreCase);
    private readonly SettingsSources _sources;
    private readonly List<SettingError> _errors;
    private readonly IReadOnlyList<SinkName> _named;

    private NodeSettings(
        SettingsSources sources, SettingsCatalogue catalogue, IReadOnlyList<SinkName> sinks, IEnumerable<SettingError> errors)
    {
        (_sources, Catalogue, _named, Sinks) = (sources, catalogue, sinks, [.. sinks.Where(sink => sink.Delivers)]);
        _errors = [.. sources.Errors, .. errors];
        foreach (var section in catalogue.Sections)
        {
            _options[section.Name] = Bind(section);
        }
        _errors.AddRange(UnknownKeys.Find(sources, catalogue));
        _errors.AddRange(LoggingKeys.Check(sources));
        if (Find<ListenerOptions>() is { } listen && Find<IntakeOptions>() is { } intake && Find<AdminOptions>() is { } admin)
        {
            _errors.AddRange(NodeRules.Check(listen, intake, admin, key => sources.Values.GetValueOrDefault(key)?.Source ?? "default"));
        }
        if (Find<IntakeOptions>() is { } acks)
        {
            _errors.AddRange(NodeRules.CheckAckLanes(acks, Sinks, key => sources.Values.GetValueOrDefault(key)?.Source ?? "default"));
        }
        _errors.AddRange(DialectRules.Check(_options, key => sources.Values.GetValueOrDefault(key)?.Source ?? "default"));
        if (Find<DeadLetterOptions>() is { PublishTo.Length: > 0 } letters && PublishTo is not { Delivers: false })
        {
            const string allowed = "must name a section Sinks:NAME with a Kind, and none of Deliver.";
            _errors.Add(new SettingError(
                PublishToKey, letters.PublishTo, allowed, sources.Values.GetValueOrDefault(PublishToKey)?.Source ?? "default"));
        }
        _errors.Sort((left, right) => string.CompareOrdinal(left.Key, right.Key));
    }

    /// <summary>Every key there is for this node.</summary>
    public SettingsCatalogue Catalogue { get; }

    /// <summary>The sinks to deliver to, in the order they were named.</summary>
    public IReadOnlyList<SinkName> Sinks { get; }

    /// <summary>The sink dead letters are published to; null where there is none.</summary>
    public SinkName? PublishTo => Find<DeadLetterOptions>() is { PublishTo.Length: > 0 } letters
        ? _named.FirstOrDefault(sink => sink.Name.Equals(letters.PublishTo, StringComparison.OrdinalIgnoreCase))
        : null;

    /// <summary>What is wrong; empty when the node may start.</summary>
    public IReadOnlyList<SettingError> Errors => _errors;

    /// <summary>Binds and checks. Never throws for what an operator wrote: see <see cref="Errors"/>.</summary>
    /// <param name="sources">The values.</param>
    /// <param name="sections">Every section but the sinks' own: <see cref="NodeSections"/>.</param>
    /// <param name="sinkKinds">Kinds of sinks and the options class of each.</param>
    public static NodeSettings Read(
        SettingsSources sources, IEnumerable<SettingsSection> sections, IReadOnlyDictionary<string, Type> sinkKinds)
    {
        var sinks = SinkSections.Read(sources, sinkKinds, out var errors);
        var catalogue = new SettingsCatalogue(
            sections.Concat(sinks.Select(sink => new SettingsSection(sink.Section, sinkKinds[sink.Kind]))));
        return new NodeSettings(sources, catalogue, sinks, errors);
    }

    /// <summary>The options of a section by its class. Sinks' options are asked for by name: <see cref="OfSink"/>.</summary>
    /// <exception cref="InvalidOperationException">No section has this class.</exception>
    public T Get<T>()
        where T : class =>
        Find<T>() ?? throw new InvalidOperationException($"No section is bound to {typeof(T).Name}.");

    /// <summary>The options object of a sink: of the type its factory named.</summary>
    public object OfSink(string name) => _options[$"{SettingsCatalogue.SinksSection}:{name}"];

    /// <summary>The options object of a section by its name; null where there is no such section.</summary>
    public object? OfSection(string section) => _options.GetValueOrDefault(section);

    /// <summary>Throws when anything is wrong.</summary>
    /// <exception cref="SettingsException">One line per error.</exception>
    public NodeSettings ThrowIfWrong() => _errors.Count == 0 ? this : throw new SettingsException(_errors);

    /// <summary>The same for what does not listen: who may send and where is no matter then.</summary>
    /// <exception cref="SettingsException">One line per error.</exception>
    public NodeSettings ThrowIfWrongUnheard()
    {
        var errors = _errors.FindAll(error => !ListeningSections.Contains(error.Key.Split(':')[0], StringComparer.OrdinalIgnoreCase));
        return errors.Count == 0 ? this : throw new SettingsException(errors);
    }

    /// <summary>What each key is now, and who said so. Secrets are masked.</summary>
    public IReadOnlyList<EffectiveSetting> Effective() =>
        [.. Catalogue.Sections.SelectMany(section => Catalogue.Of(section).Select(setting => Effective(section, setting)))];

    /// <summary>Keys of secrets that stand in the command line, from whatever source their values are.</summary>
    internal IReadOnlyList<string> SecretsInSight(string commandLine) =>
    [
        .. _sources.Values
            .Where(pair => Setting.LooksSecret(pair.Key) && pair.Value.Text.Length > 0
                && (pair.Value.Origin == SettingOrigin.CommandLine || commandLine.Contains(pair.Value.Text, StringComparison.Ordinal)))
            .Select(pair => pair.Key)
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>
    /// All values as a configuration the framework's binder understands: <c>64MiB</c> is written out, <c>5s</c> is <c>00:00:05</c>. For
    /// what reads its section itself: sinks, logging.
    /// </summary>
    public IConfigurationRoot ToConfiguration() =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(_sources.Values.Select(pair => KeyValuePair.Create(pair.Key, (string?)Plain(pair.Key, pair.Value))))
            .Build();

    private T? Find<T>()
        where T : class =>
        _options.Values.OfType<T>().FirstOrDefault();

    private string Plain(string key, SourcedValue value) =>
        Catalogue.Find(key) is { } setting ? SettingText.Canonical(value.Text, setting.Kind) : value.Text;

    private object Bind(SettingsSection section)
    {
        var options = Activator.CreateInstance(section.OptionsType)!;
        foreach (var setting in Catalogue.Of(section))
        {
            if (_sources.Values.TryGetValue(setting.Key, out var value) && !(setting.Kind == SettingKind.Map && value.Text.Length == 0))
            {
                Report(setting.Key, value.Text, setting.TryWrite(options, value.Text), value.Source);
            }
            var children = setting.Kind is SettingKind.List or SettingKind.Map ? Children(setting.Key) : [];
            if (children.Count > 0)
            {
                var text = string.Join(",", children.Select(child => SettingText.Masked($"{setting.Key}:{child.Key}", child.Value)));
                var problem = setting.TryWrite(options, children);
                Report(setting.Key, text, problem, "");
            }
        }
        _errors.AddRange(CrossChecks.Run(section, options, _sources));
        return options;
    }

    private List<KeyValuePair<string, string>> Children(string key) =>
        [.. _sources.Values.Where(pair => pair.Key.StartsWith(key + ":", StringComparison.OrdinalIgnoreCase))
            .Select(pair => KeyValuePair.Create(pair.Key[(key.Length + 1)..], pair.Value.Text))];

    private void Report(string key, string text, string? problem, string source)
    {
        if (problem is not null)
        {
            _errors.Add(new SettingError(key, SettingText.Masked(key, text), problem, source));
        }
    }

    private EffectiveSetting Effective(SettingsSection section, Setting setting)
    {
        var text = setting.Read(_options[section.Name]);
        var said = _sources.Values.FirstOrDefault(pair => pair.Key.Equals(setting.Key, StringComparison.OrdinalIgnoreCase)
            || pair.Key.StartsWith(setting.Key + ":", StringComparison.OrdinalIgnoreCase)).Value;
        // Of a map the names are shown.
        var shown = setting.Kind == SettingKind.Map ? text : SettingText.Masked(setting.Key, text);
        return new EffectiveSetting(setting, shown, said?.Origin ?? SettingOrigin.Default, said?.Source ?? "default");
    }
}

/// <summary>A key as it is now.</summary>
/// <param name="Setting">The key.</param>
/// <param name="Value">Its value, as it would be written; masked where it is a secret.</param>
/// <param name="Origin">What kind of source said so.</param>
/// <param name="Source">Which one.</param>
public sealed record EffectiveSetting(Setting Setting, string Value, SettingOrigin Origin, string Source);
