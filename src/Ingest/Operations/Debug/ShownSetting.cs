namespace Ingest.Operations.Debug;

/// <summary>A key as it is shown.</summary>
/// <param name="Key">The whole key.</param>
/// <param name="Value">Its value, masked where it is a secret.</param>
/// <param name="Source">Who said so.</param>
/// <param name="Default">What it is by default.</param>
public sealed record ShownSetting(string Key, string Value, string Source, string Default);
