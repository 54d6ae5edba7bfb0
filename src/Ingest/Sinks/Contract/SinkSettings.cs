using System.ComponentModel.DataAnnotations;
using Microsoft.Extensions.Configuration;

namespace Ingest.Sinks.Contract;

/// <summary>Reads a sink's section into its options and checks them.</summary>
public static class SinkSettings
{
    /// <summary>The options of a section, with defaults where nothing is set.</summary>
    /// <exception cref="InvalidOperationException">A value is wrong or out of range; the message names it.</exception>
    public static T Bind<T>(IConfigurationSection section)
        where T : class, new()
    {
        var options = new T();
        try
        {
            section.Bind(options);
        }
        catch (Exception e) when (e is InvalidOperationException or FormatException)
        {
            throw new InvalidOperationException($"{section.Path}: {e.Message}", e);
        }
        var results = new List<ValidationResult>();
        if (!Validator.TryValidateObject(options, new ValidationContext(options), results, validateAllProperties: true))
        {
            throw new InvalidOperationException(string.Join(' ', results.Select(result => Describe(section, result))));
        }
        return options;
    }

    private static string Describe(IConfigurationSection section, ValidationResult result)
    {
        var key = result.MemberNames.FirstOrDefault() ?? "";
        return $"{section.Path}:{key} = {section[key]}: {result.ErrorMessage}";
    }
}
