namespace Ingest.Hosting.Settings.Values;

/// <summary>How a setting's value is written.</summary>
public enum SettingKind
{
    /// <summary>Any text.</summary>
    Text,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>A number of bytes, with a unit or without.</summary>
    Bytes,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A duration with its unit.</summary>
    Duration,

    /// <summary><c>true</c> or <c>false</c>.</summary>
    Switch,

    /// <summary>One of a few names.</summary>
    Choice,

    /// <summary>Several texts: separated by commas, or one key each (<c>KEY:0</c>, <c>KEY:1</c>).</summary>
    List,

    /// <summary>Texts by name: one key each (<c>KEY:NAME</c>).</summary>
    Map,
}
