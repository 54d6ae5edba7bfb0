using System.Text.RegularExpressions;

namespace Ingest.Tests.Architecture;

/// <summary>How long partial types are: a type that is spread over files is as long as all of them.</summary>
internal static partial class PartialTypes
{
    /// <summary>Lines of all files that declare a part of a type, by the type's full name.</summary>
    /// <param name="files">Paths and lines.</param>
    internal static IReadOnlyDictionary<string, int> Lines(IEnumerable<(string Path, string[] Lines)> files)
    {
        var lines = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var (_, text) in files)
        {
            var space = Names(text, Namespace()).FirstOrDefault();
            foreach (var name in Names(text, Part()))
            {
                lines[$"{space}.{name}"] = lines.GetValueOrDefault($"{space}.{name}") + text.Length;
            }
        }
        return lines;
    }

    private static IEnumerable<string> Names(string[] text, Regex pattern) =>
        text.Select(line => pattern.Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);

    [GeneratedRegex(@"^namespace ([\w.]+);")]
    private static partial Regex Namespace();

    // Not indented: a nested type is counted with the one around it.
    [GeneratedRegex(@"^(?:\w+ )*partial (?:class|struct|interface|record|record struct) (\w+)")]
    private static partial Regex Part();
}
