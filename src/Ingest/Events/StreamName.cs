using System.Buffers;

namespace Ingest.Events;

/// <summary>Names of streams: <see cref="Pattern"/>. They become topics and folders: nothing else is allowed.</summary>
public static class StreamName
{
    /// <summary>The stream of <c>POST /v1/events</c>.</summary>
    public const string Default = "default";

    /// <summary>What a name looks like, as a regular expression, for people to read.</summary>
    public const string Pattern = "[A-Za-z0-9_][A-Za-z0-9._-]{0,127}";

    /// <summary>Most characters of a name.</summary>
    public const int LengthMax = 128;

    private const string First = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";

    private static readonly SearchValues<char> FirstCharacters = SearchValues.Create(First);
    private static readonly SearchValues<char> Characters = SearchValues.Create(First + ".-");

    /// <summary>Whether <paramref name="name"/> is a stream's name.</summary>
    public static bool IsValid(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= LengthMax && FirstCharacters.Contains(name[0]) && !name.ContainsAnyExcept(Characters);
}
