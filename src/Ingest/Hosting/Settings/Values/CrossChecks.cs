using System.ComponentModel.DataAnnotations;

namespace Ingest.Hosting.Settings.Values;

/// <summary>
/// What an options class says about several of its keys together: it is an <see cref="IValidatableObject"/> then, or has a method
/// <c>IEnumerable&lt;string&gt; Contradictions()</c> of whole sentences.
/// </summary>
internal static class CrossChecks
{
    private const string ContradictionsMethod = "Contradictions";

    internal static IEnumerable<SettingError> Run(SettingsSection section, object options, SettingsSources sources)
    {
        if (section.OptionsType.GetMethod(ContradictionsMethod, [])?.Invoke(options, []) is IEnumerable<string> contradictions)
        {
            foreach (var contradiction in contradictions)
            {
                // A sink does not know under which name it is: its sentences name keys of whichever section it has.
                var isNamed = contradiction.Contains($"{section.Name}:", StringComparison.Ordinal);
                yield return new SettingError(section.Name, "", isNamed ? contradiction : $"{section.Name}: {contradiction}");
            }
        }
        if (options is not IValidatableObject validatable)
        {
            yield break;
        }
        foreach (var result in validatable.Validate(new ValidationContext(options)))
        {
            var name = result.MemberNames.FirstOrDefault() ?? "";
            var key = section.Name.Length > 0 && name.Length > 0 ? $"{section.Name}:{name}" : section.Name + name;
            var property = section.OptionsType.GetProperty(name);
            sources.Values.TryGetValue(key, out var said);
            var text = said?.Text ?? property?.GetValue(options)?.ToString() ?? "";
            var problem = result.ErrorMessage ?? "is wrong.";
            yield return new SettingError(key, SettingText.Masked(key, text), problem, said?.Source ?? "default");
        }
    }
}
