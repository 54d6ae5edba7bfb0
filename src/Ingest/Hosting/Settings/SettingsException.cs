namespace Ingest.Hosting.Settings;

/// <summary>The configuration is wrong. The message has one line per error.</summary>
public sealed class SettingsException(IReadOnlyList<SettingError> errors) : Exception(string.Join(Environment.NewLine, errors))
{
    /// <summary>What is wrong, at least one.</summary>
    public IReadOnlyList<SettingError> Errors { get; } = errors;
}
