namespace Ingest.Intake.Dialects.Elastic;

/// <summary>From an index's name to a stream's.</summary>
internal static class IndexName
{
    // -YYYY.MM.DD
    private const int DateLength = 11;

    internal static ReadOnlySpan<byte> Stream(ReadOnlySpan<byte> index, bool stripDates) =>
        stripDates && index.Length > DateLength && IsDate(index[^DateLength..]) ? index[..^DateLength] : index;

    private static bool IsDate(ReadOnlySpan<byte> end)
    {
        for (var i = 0; i < DateLength; i++)
        {
            var expected = i switch { 0 => (byte)'-', 5 or 8 => (byte)'.', _ => (byte)0 };
            if (expected == 0 ? !char.IsAsciiDigit((char)end[i]) : end[i] != expected)
            {
                return false;
            }
        }
        return true;
    }
}
