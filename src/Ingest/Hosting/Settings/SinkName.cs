namespace Ingest.Hosting.Settings;

/// <summary>A sink the configuration speaks of.</summary>
/// <param name="Name">Its name, which is its lane's.</param>
/// <param name="Kind">Its kind: <c>Sinks:NAME:Kind</c>, or the name itself.</param>
/// <param name="Delivers">Whether a lane delivers to it; a section may also wait for its day.</param>
public sealed record SinkName(string Name, string Kind, bool Delivers)
{
    /// <summary>Where its keys stand.</summary>
    public string Section => $"{SettingsCatalogue.SinksSection}:{Name}";
}
