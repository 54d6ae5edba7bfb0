using System.ComponentModel.DataAnnotations;
using Ingest.Events;
using Ingest.Intake.Json;

namespace Ingest.Intake;

/// <summary>What the values of <see cref="IntakeOptions"/> must be beyond their types and ranges.</summary>
internal static class IntakeRules
{
    internal static IEnumerable<ValidationResult> Check(IntakeOptions options)
    {
        if (options.Streams.FirstOrDefault(name => !StreamName.IsValid(name)) is { } wrong)
        {
            yield return Wrong(nameof(options.Streams), $"has \"{wrong}\": {ANameHas}");
        }
        foreach (var (stream, pointer) in options.KeyPointers)
        {
            if (!StreamName.IsValid(stream))
            {
                yield return Wrong($"{nameof(options.KeyPointers)}:{stream}", $"names no stream: {ANameHas}");
            }
            else if (!KeyPointer.TryParse(pointer, out _))
            {
                yield return Wrong($"{nameof(options.KeyPointers)}:{stream}", "must be a JSON pointer (RFC 6901) such as /user/id.");
            }
        }
        if (options.IntrospectionUrl.Length > 0 && !IsHttp(options.IntrospectionUrl))
        {
            yield return Wrong(nameof(options.IntrospectionUrl), "must be an http or https URL.");
        }
    }

    internal static bool IsHttp(string url) =>
        Uri.TryCreate(url, UriKind.Absolute, out var uri) && uri.Scheme is ("http" or "https");

    private static string ANameHas =>
        "a stream's name has letters, digits, '.', '_', '-', begins with none of '.' and '-', "
        + $"and has at most {StreamName.LengthMax} characters.";

    private static ValidationResult Wrong(string member, string problem) => new(problem, [member]);
}
