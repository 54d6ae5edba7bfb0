using Ingest.Hosting.Settings;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Doctor;

/// <summary>Whether a node would start with its settings.</summary>
internal static class SettingsCheck
{
    /// <summary>What is wrong with them, the files they name included.</summary>
    internal static IReadOnlyList<SettingError> Errors(NodeSettings settings) =>
    [
        .. settings.Errors,
        .. NodeFiles.Check(settings),
        // Of wrong settings a sink can say nothing.
        .. settings.Errors.Count == 0 ? NodeFiles.CheckSinks(settings, Configuration.Sinks) : [],
    ];

    internal static IEnumerable<Diagnosis> Look(Patient patient)
    {
        var errors = Errors(patient.Settings);
        var set = patient.Settings.Effective().Count(entry => entry.Origin != SettingOrigin.Default);
        return errors.Count == 0
            ? [new Diagnosis("settings", Verdict.Good, $"They are fine; {Humanize.Count(set)} differ from the default.")]
            : errors.Select(error => new Diagnosis("settings", Verdict.Bad, error.ToString(), "Correct it: docs/configuration.md."));
    }
}
