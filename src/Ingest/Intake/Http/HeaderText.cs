namespace Ingest.Intake.Http;

/// <summary>
/// What the value of a header says where it is used. The server reads headers as UTF-8 and puts a replacement character where they are not,
/// so that a stray byte in a header that is not used refuses no request.
/// </summary>
internal static class HeaderText
{
    private const char Replacement = '\uFFFD';

    /// <summary>Whether the value was UTF-8, and has no control characters (U+0000 to U+001F and U+007F to U+009F).</summary>
    internal static bool IsReadable(ReadOnlySpan<char> value)
    {
        foreach (var character in value)
        {
            if (char.IsControl(character) || character == Replacement)
            {
                return false;
            }
        }
        return true;
    }
}
