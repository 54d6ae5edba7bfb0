namespace Ingest.Hosting.Settings;

/// <summary>A section of the configuration and the class it is bound to.</summary>
/// <param name="Name">The section's key, empty for the keys at the top.</param>
/// <param name="OptionsType">A class with settable properties and a constructor without parameters.</param>
public sealed record SettingsSection(string Name, Type OptionsType);
