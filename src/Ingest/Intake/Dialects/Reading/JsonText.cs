using System.Text.Json;
using Ingest.Intake.Http;
using Ingest.Intake.Json;

namespace Ingest.Intake.Dialects.Reading;

/// <summary>JSON text values, from their written form, which was checked before.</summary>
internal static class JsonText
{
    [ThreadStatic]
    private static byte[]? _unescaped;

    /// <summary>
    /// The text of a quoted value: the bytes between the quotes where nothing is escaped, else a copy that is valid until the next call on
    /// this thread. Empty for anything but text, for text above 4 KiB, and for half of a surrogate pair.
    /// </summary>
    internal static ReadOnlySpan<byte> Of(ReadOnlySpan<byte> value)
    {
        if (value.Length < 2 || value[0] != '"')
        {
            return default;
        }
        if (!value.Contains((byte)'\\'))
        {
            return value[1..^1];
        }
        if (value.Length > 4096)
        {
            return default;
        }
        var target = _unescaped ??= new byte[4096];
        var reader = new Utf8JsonReader(value);
        reader.Read();
        try
        {
            return target.AsSpan(0, reader.CopyString(target));
        }
        catch (InvalidOperationException)
        {
            return default;
        }
    }

    /// <summary>The same, with numbers and booleans as they are written.</summary>
    internal static ReadOnlySpan<byte> OfScalar(ReadOnlySpan<byte> value) => value.IsEmpty || value[0] switch
    {
        (byte)'{' or (byte)'[' or (byte)'n' => true,
        _ => false,
    } ? default : value[0] == '"' ? Of(value) : value;

    /// <summary>The text of a scalar as an event's key: none where it is longer than a key may be.</summary>
    internal static ReadOnlySpan<byte> OfKey(ReadOnlySpan<byte> value) => Short(OfScalar(value));

    /// <summary>
    /// The text of a scalar as an event's id: none where it is longer than a key may be, or escaped, which ids that clients make never are.
    /// </summary>
    internal static ReadOnlySpan<byte> OfId(ReadOnlySpan<byte> value) => value.Contains((byte)'\\') ? default : Short(OfScalar(value));

    /// <summary>The value of a member of an object that was checked before; empty where it has none of that name.</summary>
    internal static ReadOnlySpan<byte> Member(ReadOnlySpan<byte> value, ReadOnlySpan<byte> wanted)
    {
        var cursor = new JsonCursor(value, JsonScanner.DepthLimit, 0, int.MaxValue);
        if (!cursor.Enter((byte)'{'))
        {
            return default;
        }
        for (var first = true; cursor.NextMember(ref first, out var name) && cursor.Value(out var member, outer: 1);)
        {
            if (name.SequenceEqual(wanted))
            {
                return member;
            }
        }
        return default;
    }

    /// <summary>The first element of an array that was checked before, or the value itself where it is none.</summary>
    internal static ReadOnlySpan<byte> First(ReadOnlySpan<byte> value)
    {
        var cursor = new JsonCursor(value, JsonScanner.DepthLimit, 0, int.MaxValue);
        var first = true;
        return cursor.Peek() == '[' && cursor.TrySkip((byte)'[') && cursor.NextElement(ref first) && cursor.Value(out var element)
            ? element
            : value;
    }

    private static ReadOnlySpan<byte> Short(ReadOnlySpan<byte> text) => text.Length <= RequestTraits.KeyBytesMax ? text : default;
}
