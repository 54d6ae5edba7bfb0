using System.ComponentModel;
using System.Reflection;

namespace Ingest.Hosting.Settings.Values;

/// <summary>Tells from a property how its value is written.</summary>
internal static class SettingKinds
{
    /// <exception cref="NotSupportedException">A property of a type no setting has: a mistake in an options class.</exception>
    internal static SettingKind Of(PropertyInfo property)
    {
        var type = Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;
        if (type == typeof(string) || type == typeof(Uri))
        {
            return SettingKind.Text;
        }
        if (type == typeof(bool))
        {
            return SettingKind.Switch;
        }
        if (type.IsEnum)
        {
            return SettingKind.Choice;
        }
        if (type == typeof(TimeSpan))
        {
            return SettingKind.Duration;
        }
        if (type == typeof(double))
        {
            return SettingKind.Number;
        }
        if (type == typeof(int) || type == typeof(long))
        {
            return CountsBytes(property) ? SettingKind.Bytes : SettingKind.Whole;
        }
        if (typeof(IDictionary<string, string>).IsAssignableFrom(type))
        {
            return SettingKind.Map;
        }
        return type.IsAssignableFrom(typeof(string[]))
            ? SettingKind.List
            : throw new NotSupportedException(
                $"{property.DeclaringType?.Name}.{property.Name} has the type {type.Name}, which no setting has.");
    }

    // The unit is in the name (SegmentBytes, BytesMax) or at the beginning of the description ("Free bytes …").
    private static bool CountsBytes(PropertyInfo property)
    {
        var description = property.GetCustomAttribute<DescriptionAttribute>()?.Description ?? "";
        return property.Name.Contains("Bytes", StringComparison.Ordinal)
            || description.StartsWith("Bytes", StringComparison.Ordinal)
            || description.StartsWith("Free bytes", StringComparison.Ordinal);
    }
}
