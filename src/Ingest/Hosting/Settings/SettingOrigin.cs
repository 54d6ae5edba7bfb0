namespace Ingest.Hosting.Settings;

/// <summary>Kinds of sources a value can come from, the weakest first.</summary>
public enum SettingOrigin
{
    /// <summary>The default: no source names the key.</summary>
    Default,

    /// <summary>A file, or the configuration of the application this is part of.</summary>
    File,

    /// <summary>An environment variable.</summary>
    Environment,

    /// <summary>A flag.</summary>
    CommandLine,
}
