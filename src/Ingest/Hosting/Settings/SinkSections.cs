namespace Ingest.Hosting.Settings;

/// <summary>Finds out which sinks the configuration speaks of, so that their sections can be bound.</summary>
internal static class SinkSections
{
    private const string DeliverKey = nameof(NodeOptions.Deliver);
    private const string KindKey = "Kind";
    private const int NameLengthMax = 64;

    internal static IReadOnlyList<SinkName> Read(
        SettingsSources sources, IReadOnlyDictionary<string, Type> kinds, out IReadOnlyList<SettingError> errors)
    {
        var found = new List<SinkName>();
        var wrong = new List<SettingError>();
        sources.Values.TryGetValue(DeliverKey, out var deliver);
        var text = deliver?.Text ?? new NodeOptions().Deliver;
        void Refuse(string value, string problem) => wrong.Add(new SettingError(DeliverKey, value, problem, deliver?.Source ?? ""));
        var named = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        if (named.Length == 0)
        {
            Refuse(text, $"must name at least one sink: {Known(kinds)}.");
        }
        foreach (var name in named)
        {
            if (!IsValid(name))
            {
                Refuse(name, $"a sink's name is a letter or digit and then at most {NameLengthMax - 1} of A-Z a-z 0-9 . _ -");
            }
            else if (found.Exists(sink => sink.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            {
                Refuse(text, $"names the sink {name} twice.");
            }
            else if (Kind(sources, name, kinds) is { } kind)
            {
                found.Add(new SinkName(name, kind, Delivers: true));
            }
            else
            {
                Refuse(name, $"is no kind of sink ({Known(kinds)}) and Sinks:{name}:{KindKey} does not name one.");
            }
        }
        found.AddRange(Waiting(sources, kinds, found));
        errors = wrong;
        return found;
    }

    /// <summary>Sections of sinks that nothing is delivered to: checked all the same, so that naming one later is no surprise.</summary>
    private static List<SinkName> Waiting(SettingsSources sources, IReadOnlyDictionary<string, Type> kinds, List<SinkName> delivering)
    {
        var prefix = SettingsCatalogue.SinksSection + ":";
        return [.. sources.Values.Keys
            .Where(key => key.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
            .Select(key => key[prefix.Length..].Split(':')[0])
            .Distinct(StringComparer.OrdinalIgnoreCase)
            .Where(name => !delivering.Exists(sink => sink.Name.Equals(name, StringComparison.OrdinalIgnoreCase)))
            .Select(name => (name, Kind: Kind(sources, name, kinds)))
            .Where(sink => sink.Kind is not null)
            .Select(sink => new SinkName(sink.name, sink.Kind!, Delivers: false))];
    }

    private static string? Kind(SettingsSources sources, string name, IReadOnlyDictionary<string, Type> kinds)
    {
        var kind = sources.Values.TryGetValue($"{SettingsCatalogue.SinksSection}:{name}:{KindKey}", out var said) ? said.Text : name;
        return kinds.Keys.FirstOrDefault(known => known.Equals(kind, StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsValid(string name) =>
        name.Length is > 0 and <= NameLengthMax && char.IsAsciiLetterOrDigit(name[0])
        && name.All(character => char.IsAsciiLetterOrDigit(character) || character is '.' or '_' or '-');

    private static string Known(IReadOnlyDictionary<string, Type> kinds) => string.Join(", ", kinds.Keys.Order(StringComparer.Ordinal));
}
