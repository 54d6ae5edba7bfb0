using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Reflection;

namespace Ingest.Hosting.Settings.Values;

/// <summary>Values of settings to text and back.</summary>
internal static class SettingText
{
    internal static string Expected(SettingKind kind) => kind switch
    {
        SettingKind.Duration => Duration.Expected,
        SettingKind.Bytes => ByteSize.Expected,
        SettingKind.Whole => "a whole number",
        SettingKind.Number => "a number",
        SettingKind.Switch => "true or false",
        _ => "a text",
    };

    internal static bool TryParse(string text, Type type, SettingKind kind, out object? value)
    {
        value = null;
        var target = Nullable.GetUnderlyingType(type);
        if (target is not null && text.Length == 0)
        {
            return true;
        }
        target ??= type;
        switch (kind)
        {
            case SettingKind.Text:
                value = target == typeof(Uri) ? new Uri(text, UriKind.RelativeOrAbsolute) : text;
                return true;
            case SettingKind.List:
                value = text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
                return true;
            case SettingKind.Duration when Duration.TryParse(text, out var duration):
                value = duration;
                return true;
            case SettingKind.Bytes when ByteSize.TryParse(text, out var bytes):
                return TryNarrow(bytes, target, out value);
            case SettingKind.Whole when long.TryParse(text, NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite
                | NumberStyles.AllowTrailingWhite, CultureInfo.InvariantCulture, out var integer):
                return TryNarrow(integer, target, out value);
            case SettingKind.Number when double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number):
                value = number;
                return double.IsFinite(number);
            case SettingKind.Switch when bool.TryParse(text, out var flag):
                value = flag;
                return true;
            case SettingKind.Choice:
                // By name only: the framework would also take numbers, and lists of names.
                var name = Enum.GetNames(target).FirstOrDefault(known => known.Equals(text, StringComparison.OrdinalIgnoreCase));
                value = name is null ? null : Enum.Parse(target, name);
                return name is not null;
            default:
                return false;
        }
    }

    internal static string Format(object? value, SettingKind kind, string key = "") => value switch
    {
        null => "",
        TimeSpan duration => Duration.Format(duration),
        bool flag => flag ? "true" : "false",
        int or long when kind == SettingKind.Bytes => ByteSize.Format(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
        IDictionary<string, string> map => string.Join(
            ", ",
            map.OrderBy(pair => pair.Key, StringComparer.Ordinal)
                .Select(pair => $"{pair.Key}={Masked($"{key}:{pair.Key}", pair.Value)}")),
        IEnumerable<string> list => string.Join(",", list),
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    /// <summary>What the framework's own binder would understand; the text itself where that is so already.</summary>
    internal static string Canonical(string text, SettingKind kind) => kind switch
    {
        SettingKind.Duration when Duration.TryParse(text, out var duration) => duration.ToString("c", CultureInfo.InvariantCulture),
        SettingKind.Bytes when ByteSize.TryParse(text, out var bytes) => bytes.ToString(CultureInfo.InvariantCulture),
        _ => text,
    };

    internal static string Bounds(PropertyInfo property, SettingKind kind) =>
        property.GetCustomAttribute<RangeAttribute>() is { } range
            ? $"{Bound(range.Minimum, kind)} to {Bound(range.Maximum, kind)}"
            : property.GetCustomAttribute<AllowedValuesAttribute>() is { } allowed ? string.Join(", ", allowed.Values) : "";

    internal static string Masked(string key, string value) => Setting.LooksSecret(key) && value.Length > 0 ? "****" : value;

    private static string Bound(object bound, SettingKind kind) => kind switch
    {
        SettingKind.Duration => Duration.Format(bound as TimeSpan? ?? TimeSpan.Parse((string)bound, CultureInfo.InvariantCulture)),
        SettingKind.Bytes => ByteSize.Format(Convert.ToInt64(bound, CultureInfo.InvariantCulture)),
        _ => Convert.ToString(bound, CultureInfo.InvariantCulture) ?? "",
    };

    private static bool TryNarrow(long number, Type target, out object? value)
    {
        value = target == typeof(long) ? number : number is >= int.MinValue and <= int.MaxValue ? (int)number : null;
        return value is not null;
    }
}
