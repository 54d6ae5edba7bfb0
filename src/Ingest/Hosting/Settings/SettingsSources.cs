using System.Collections;
using Ingest.Hosting.Settings.Values;
using Microsoft.Extensions.Configuration;

namespace Ingest.Hosting.Settings;

/// <summary>
/// Where values come from, the later before the earlier: <c>appsettings.json</c> beside the executable, the file of <c>--config</c>, the
/// environment, the command line. Remembers for each value which of them said it.
/// </summary>
public sealed class SettingsSources
{
    /// <summary>Environment variables that begin so are settings: <c>INGEST_Wal__Directory</c>.</summary>
    public const string EnvironmentPrefix = "INGEST_";

    private readonly Dictionary<string, SourcedValue> _values = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<SettingError> _errors = [];

    /// <summary>What could not be read.</summary>
    public IReadOnlyList<SettingError> Errors => _errors;

    internal IReadOnlyDictionary<string, SourcedValue> Values => _values;

    /// <summary>Values of a host's own configuration, whose sources this cannot tell apart.</summary>
    public static SettingsSources Of(IConfiguration configuration)
    {
        var sources = new SettingsSources();
        sources.Add("configuration", configuration.AsEnumerable(makePathsRelative: true)
            .Where(pair => pair.Value is not null).Select(pair => KeyValuePair.Create(pair.Key, pair.Value!)));
        return sources;
    }

    /// <summary>Adds a JSON file. A file that is not there is an error only if it is <paramref name="required"/>.</summary>
    public SettingsSources AddFile(string path, bool required)
    {
        try
        {
            Add(path, JsonSettings.Flatten(File.ReadAllBytes(path)));
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            if (required)
            {
                _errors.Add(new SettingError("--config", path, "there is no such file."));
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            _errors.Add(new SettingError("--config", path, e.Message));
        }
        return this;
    }

    /// <summary>Adds the variables of <paramref name="environment"/> that begin with <see cref="EnvironmentPrefix"/>.</summary>
    public SettingsSources AddEnvironment(IDictionary environment)
    {
        var variables = environment.Cast<DictionaryEntry>()
            .Select(entry => KeyValuePair.Create((string)entry.Key, (string?)entry.Value ?? ""))
            .Where(pair => pair.Key.StartsWith(EnvironmentPrefix, StringComparison.OrdinalIgnoreCase))
            .OrderBy(pair => pair.Key, StringComparer.Ordinal);
        foreach (var (name, value) in variables)
        {
            var key = name[EnvironmentPrefix.Length..].Replace("__", ":", StringComparison.Ordinal);
            Set(key, new SourcedValue(value, SettingOrigin.Environment, name));
        }
        return this;
    }

    /// <summary>Adds one <c>Key=Value</c> of the command line.</summary>
    public SettingsSources AddAssignment(string assignment)
    {
        var equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
        {
            _errors.Add(new SettingError("--set", assignment, "must be Key=Value, such as Wal:SegmentBytes=64MiB."));
            return this;
        }
        var key = assignment[..equals].Trim().Replace("__", ":", StringComparison.Ordinal);
        return AddFlag("--set", key, assignment[(equals + 1)..].Trim());
    }

    /// <summary>Adds what a flag of the command line stands for.</summary>
    public SettingsSources AddFlag(string flag, string key, string value)
    {
        Set(key, new SourcedValue(value, SettingOrigin.CommandLine, flag));
        return this;
    }

    private void Add(string name, IEnumerable<KeyValuePair<string, string>> values)
    {
        foreach (var (key, value) in values)
        {
            Set(key, new SourcedValue(value, SettingOrigin.File, name));
        }
    }

    /// <summary>
    /// A list written as one value replaces one written element by element, and the other way round: mixing two sources' halves would make
    /// a list that was not written.
    /// </summary>
    private void Set(string key, SourcedValue value)
    {
        RemoveBelow(key, _ => true);
        if (key.LastIndexOf(':') is > 0 and var colon)
        {
            _values.Remove(key[..colon]);
            if (int.TryParse(key.AsSpan(colon + 1), out _))
            {
                RemoveBelow(key[..colon], earlier => !earlier.IsSameSource(value));
            }
        }
        _values[key] = value;
    }

    private void RemoveBelow(string key, Func<SourcedValue, bool> which)
    {
        var prefix = key + ":";
        foreach (var (below, earlier) in _values.ToList())
        {
            if (below.StartsWith(prefix, StringComparison.OrdinalIgnoreCase) && which(earlier))
            {
                _values.Remove(below);
            }
        }
    }
}

/// <summary>A value and who said it.</summary>
/// <param name="Text">As it was written.</param>
/// <param name="Origin">What kind of source it came from.</param>
/// <param name="Name">The file, the variable, the flag.</param>
internal sealed record SourcedValue(string Text, SettingOrigin Origin, string Name)
{
    internal bool IsSameSource(SourcedValue other) => Origin == other.Origin && (Origin != SettingOrigin.File || Name == other.Name);

    internal string Source => Origin switch
    {
        SettingOrigin.Environment => $"environment {Name}",
        SettingOrigin.File => Name == "configuration" ? "configuration" : $"file {Name}",
        _ => Name,
    };
}
