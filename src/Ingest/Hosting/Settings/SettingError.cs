namespace Ingest.Hosting.Settings;

/// <summary>One thing that is wrong with the configuration, in words that end the search for it.</summary>
/// <param name="Key">The key as documented, such as <c>Wal:SegmentBytes</c>.</param>
/// <param name="Value">The value as it was given; masked where it is a secret; empty where the problem names keys and values.</param>
/// <param name="Problem">What is allowed, or what is meant instead.</param>
/// <param name="Source">Where the value came from; empty when that is not known.</param>
public sealed record SettingError(string Key, string Value, string Problem, string Source = "")
{
    /// <summary>The whole in one line.</summary>
    public override string ToString() =>
        Source.Length > 0 ? $"{Key} = '{Value}' ({Source}): {Problem}"
        : Value.Length > 0 ? $"{Key} = '{Value}': {Problem}"
        : Problem;
}
