namespace Ingest.Worker.Terminal;

/// <summary>
/// Colours, on a terminal alone: never into a file or a pipe, never where <c>NO_COLOR</c> is set to anything, or <c>TERM</c> is
/// <c>dumb</c> or not set.
/// </summary>
internal static class Palette
{
    private const string Reset = "\e[0m";

    /// <summary>Whether the environment allows colours on a terminal.</summary>
    internal static bool IsAllowed { get; } =
        Decide(Environment.GetEnvironmentVariable("NO_COLOR"), Environment.GetEnvironmentVariable("TERM"));

    /// <summary>Whether standard output shows colours.</summary>
    internal static bool IsOn => IsAllowed && !Console.IsOutputRedirected;

    /// <summary>The decision, from the two variables.</summary>
    internal static bool Decide(string? noColor, string? terminal) =>
        string.IsNullOrEmpty(noColor) && terminal is { Length: > 0 } and not "dumb";

    /// <summary>The text in the colour of its tone; as it is where there are no colours or it is plain.</summary>
    internal static string Paint(string text, Tone tone, bool isOn)
    {
        var code = tone switch
        {
            Tone.Good => "\e[32m",
            Tone.Warning => "\e[33m",
            Tone.Bad => "\e[1;31m",
            Tone.Faint => "\e[2m",
            _ => "",
        };
        return isOn && code.Length > 0 && text.Length > 0 ? code + text + Reset : text;
    }
}
