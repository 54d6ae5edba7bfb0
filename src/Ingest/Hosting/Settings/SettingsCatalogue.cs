using System.Reflection;
using Ingest.Hosting.Settings.Values;

namespace Ingest.Hosting.Settings;

/// <summary>Every key there is, read off the options classes: what they say is what is bound, checked, shown and documented.</summary>
public sealed class SettingsCatalogue
{
    /// <summary>Where a sink's own keys stand: <c>Sinks:NAME</c>.</summary>
    public const string SinksSection = "Sinks";

    private readonly Dictionary<string, Setting> _byKey = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Reads the options classes.</summary>
    public SettingsCatalogue(IEnumerable<SettingsSection> sections)
    {
        Sections = [.. sections];
        foreach (var section in Sections)
        {
            var settings = Read(section);
            _bySection[section.Name] = settings;
            foreach (var setting in settings)
            {
                _byKey[setting.Key] = setting;
            }
        }
    }

    private readonly Dictionary<string, IReadOnlyList<Setting>> _bySection = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sections in the order they are documented in.</summary>
    public IReadOnlyList<SettingsSection> Sections { get; }

    /// <summary>All keys, section by section.</summary>
    public IEnumerable<Setting> Settings => Sections.SelectMany(section => _bySection[section.Name]);

    /// <summary>The keys of one section, in the order of the class.</summary>
    public IReadOnlyList<Setting> Of(SettingsSection section) => _bySection[section.Name];

    /// <summary>The setting a key belongs to: itself, or the list or map it is an element of. Null when there is none.</summary>
    public Setting? Find(string key)
    {
        if (_byKey.TryGetValue(key, out var setting))
        {
            return setting;
        }
        for (var colon = key.LastIndexOf(':'); colon > 0; colon = key.LastIndexOf(':', colon - 1))
        {
            if (_byKey.TryGetValue(key[..colon], out setting))
            {
                return setting.Kind is SettingKind.List or SettingKind.Map ? setting : null;
            }
        }
        return null;
    }

    /// <summary>The key that was probably meant, or null when none is near.</summary>
    public string? Nearest(string key)
    {
        var name = key[(key.LastIndexOf(':') + 1)..];
        return Settings
            .Select(setting => (setting.Key, Distance: Math.Min(
                EditDistance.Between(key, setting.Key),
                // The right name in the wrong section, or in none, is as near as one slip of the finger.
                EditDistance.Between(name, setting.Key[(setting.Key.LastIndexOf(':') + 1)..]) + 1)))
            .Where(candidate => candidate.Distance <= Math.Max(2, name.Length / 4))
            .OrderBy(candidate => candidate.Distance).ThenBy(candidate => candidate.Key, StringComparer.Ordinal)
            .Select(candidate => candidate.Key)
            .FirstOrDefault();
    }

    private static List<Setting> Read(SettingsSection section)
    {
        var defaults = Activator.CreateInstance(section.OptionsType)
            ?? throw new NotSupportedException($"{section.OptionsType.Name} has no constructor without parameters.");
        return [.. section.OptionsType.GetProperties(BindingFlags.Public | BindingFlags.Instance)
            .Where(property => property.GetIndexParameters().Length == 0)
            .Where(property => property.SetMethod?.IsPublic == true
                || typeof(IDictionary<string, string>).IsAssignableFrom(property.PropertyType))
            .Select(property => new Setting(section.Name, property, defaults))];
    }
}
