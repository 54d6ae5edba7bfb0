using Ingest.Intake.Dialects.Reading;

namespace Ingest.Intake.Dialects.Elastic;

/// <summary>What an action line says.</summary>
internal record struct BulkAction
{
    internal BulkOperation Operation { get; init; }

    internal BulkText Index { get; set; }

    internal BulkText Id { get; set; }

    internal BulkText Routing { get; set; }
}

/// <summary>A text or number in an action line: its place, or a copy where it is written with escapes.</summary>
internal readonly record struct BulkText(int Start, int Length, byte[]? Copy)
{
    /// <param name="value">The value as it is written.</param>
    /// <param name="end">Where it ends in the line.</param>
    internal static BulkText Of(ReadOnlySpan<byte> value, int end)
    {
        if (value.Contains((byte)'\\'))
        {
            return new BulkText(0, 0, JsonText.Of(value).ToArray());
        }
        var text = JsonText.OfScalar(value);
        var quotes = value[0] == '"' ? 1 : 0;
        return text.IsEmpty ? default : new BulkText(end - text.Length - quotes, text.Length, null);
    }

    internal ReadOnlySpan<byte> In(ReadOnlySpan<byte> line) => Copy ?? line.Slice(Start, Length);
}
