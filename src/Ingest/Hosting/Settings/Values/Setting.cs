using System.ComponentModel;
using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Ingest.Hosting.Settings.Values;

/// <summary>One key of the configuration: what it is, what it may be, what it is by default.</summary>
public sealed class Setting
{
    private readonly PropertyInfo _property;

    internal Setting(string section, PropertyInfo property, object defaults)
    {
        _property = property;
        Section = section;
        Key = section.Length > 0 ? $"{section}:{property.Name}" : property.Name;
        Kind = SettingKinds.Of(property);
        Description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        Default = SettingText.Format(property.GetValue(defaults), Kind);
    }

    /// <summary>The section it stands in, empty at the top.</summary>
    public string Section { get; }

    /// <summary>The whole key: <c>Wal:SegmentBytes</c>.</summary>
    public string Key { get; }

    /// <summary>How its value is written.</summary>
    public SettingKind Kind { get; }

    /// <summary>One line for people.</summary>
    public string Description { get; }

    /// <summary>The default, as it would be written; empty for none.</summary>
    public string Default { get; }

    /// <summary>What is allowed, for people: <c>1MiB to 1GiB</c>; empty where the kind says it all.</summary>
    public string Allowed => Kind == SettingKind.Choice
        ? string.Join(", ", Enum.GetNames(Nullable.GetUnderlyingType(_property.PropertyType) ?? _property.PropertyType))
        : SettingText.Bounds(_property, Kind);

    /// <summary>Whether a key's last words say that its value is a secret.</summary>
    public static bool LooksSecret(string key)
    {
        ReadOnlySpan<string> words =
            ["password", "secret", "token", "credential", "sasl.jaas.config", "privatekey", ".key.pem", "passphrase", "otlp:headers"];
        foreach (var word in words)
        {
            if (key.Contains(word, StringComparison.OrdinalIgnoreCase))
            {
                return true;
            }
        }
        // Any header an operator adds to a sink's requests may be a secret.
        return key.Split(':') is [var sinks, _, var map, ..]
            && sinks.Equals(SettingsCatalogue.SinksSection, StringComparison.OrdinalIgnoreCase)
            && map.Equals("Headers", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>The value in <paramref name="options"/>, as it would be written; secrets of a map are masked.</summary>
    internal string Read(object options) => SettingText.Format(_property.GetValue(options), Kind, Key);

    internal string Name => _property.Name;

    /// <summary>Puts a text into the property. Null when it fits, otherwise what would have.</summary>
    internal string? TryWrite(object options, string text)
    {
        if (!SettingText.TryParse(text, _property.PropertyType, Kind, out var value))
        {
            return Kind == SettingKind.Choice
                ? $"must be one of {Allowed}."
                : $"must be {SettingText.Expected(Kind)}{(Allowed.Length > 0 ? $", {Allowed}" : "")}.";
        }
        if (Violation(value) is { } violation)
        {
            return violation;
        }
        _property.SetValue(options, value);
        return null;
    }

    /// <summary>Puts the values of a list or a map in place.</summary>
    internal string? TryWrite(object options, IReadOnlyList<KeyValuePair<string, string>> children)
    {
        if (Kind == SettingKind.Map)
        {
            var map = (IDictionary<string, string>?)_property.GetValue(options);
            if (map is null)
            {
                map = new Dictionary<string, string>(StringComparer.Ordinal);
                _property.SetValue(options, map);
            }
            foreach (var (key, value) in children)
            {
                map[key] = value;
            }
            return null;
        }
        var list = children.OrderBy(child => int.TryParse(child.Key, CultureInfo.InvariantCulture, out var index) ? index : int.MaxValue)
            .Select(child => child.Value).ToArray();
        _property.SetValue(options, list);
        return Violation(list);
    }

    private string? Violation(object? value)
    {
        foreach (var attribute in _property.GetCustomAttributes<ValidationAttribute>())
        {
            if (!attribute.IsValid(value))
            {
                return attribute switch
                {
                    RangeAttribute => $"must be {Allowed}.",
                    AllowedValuesAttribute allowed => $"must be one of {string.Join(", ", allowed.Values)}.",
                    _ => attribute.FormatErrorMessage(Key),
                };
            }
        }
        return null;
    }
}
