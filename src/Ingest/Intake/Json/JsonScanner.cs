using System.Runtime.CompilerServices;

namespace Ingest.Intake.Json;

/// <summary>
/// Checks JSON (RFC 8259, strictly: no comments, no trailing commas) and finds where values end, without building anything. It decides
/// over the grammar alone: whether strings are UTF-8 is checked once for the whole body, and escapes of lone surrogates are the grammar's
/// own.
/// </summary>
/// <remarks>
/// Utf8JsonReader would do, but takes several times as long, more than everything else on a batch's way to disk together, and its errors
/// have no byte offset (docs/decisions/0010-json-scanner.md). Tests hold the two against each other, input by input.
/// </remarks>
internal ref struct JsonScanner(ReadOnlySpan<byte> text, int depthMax)
{
    /// <summary>Most levels <c>depthMax</c> may ask for.</summary>
    internal const int DepthLimit = 512;

    private readonly ReadOnlySpan<byte> _text = text;
    private readonly int _depthMax = depthMax;
    private Levels _isObject;
    private JsonStops _stops = JsonStops.None;

    /// <summary>Where the scanner stands: behind what was skipped, or at the byte that is wrong.</summary>
    internal int Position { get; private set; }

    /// <summary>What is wrong at <see cref="Position"/>, after a call that returned false.</summary>
    internal JsonFault Fault { get; private set; }

    /// <summary>Steps over blanks. False at the end of the text.</summary>
    internal bool SkipSpace()
    {
        Position = JsonTokens.SkipSpace(_text, Position);
        return Position < _text.Length;
    }

    /// <summary>Steps over <paramref name="mark"/> if it is the next byte.</summary>
    internal bool TrySkip(byte mark)
    {
        if (Position < _text.Length && _text[Position] == mark)
        {
            Position++;
            return true;
        }
        return false;
    }

    /// <summary>Notes what is wrong and where; always false. What is missing at the end of the text is the end's fault.</summary>
    internal bool Fail(JsonFault fault, int position)
    {
        Fault = position >= _text.Length ? JsonFault.UnexpectedEnd : fault;
        Position = position;
        return false;
    }

    /// <summary>Steps over the string that begins at <see cref="Position"/>; where there is none, that is the fault.</summary>
    internal bool SkipString(JsonFault otherwise)
    {
        var position = Position;
        if (position >= _text.Length || _text[position] != '"')
        {
            return Fail(otherwise, position);
        }
        if (JsonTokens.SkipString(_text, ref _stops, ref position) is var fault and not JsonFault.None)
        {
            return Fail(fault, position);
        }
        Position = position;
        return true;
    }

    /// <summary>Steps over one value that begins at <see cref="Position"/>.</summary>
    /// <param name="outer">Levels that are open around it and count.</param>
    internal bool SkipValue(int outer = 0)
    {
        var text = _text;
        var position = Position;
        var depth = 0;
        do
        {
            // A value begins here.
            var first = (uint)position < (uint)text.Length ? text[position] : (byte)0;
            if (first is (byte)'{' or (byte)'[')
            {
                if (depth == _depthMax - outer)
                {
                    return Fail(JsonFault.TooDeep, position);
                }
                Levels.Open(ref _isObject, depth++, first == '{');
                position = JsonTokens.SkipSpace(text, position + 1);
                // '}' is '{' + 2, and ']' is '[' + 2. An empty one is closed below, like any other.
                if ((uint)position >= (uint)text.Length || text[position] != first + 2)
                {
                    if (first == '[' || SkipName(ref position))
                    {
                        continue;
                    }
                    return false;
                }
                position++;
                depth--;
            }
            else if (JsonTokens.SkipScalar(text, first, ref _stops, ref position) is var fault and not JsonFault.None)
            {
                return Fail(fault, position);
            }

            // A value ended here: close what it was the last of, or go on to the next.
            if (!SkipBetween(ref position, ref depth))
            {
                return false;
            }
            if (depth == 0)
            {
                Position = position;
                return true;
            }
        }
        while (true);
    }

    /// <summary>Behind a value: closes levels until there is a next value, or none is open.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool SkipBetween(ref int position, ref int depth)
    {
        var text = _text;
        while (depth > 0)
        {
            position = JsonTokens.SkipSpace(text, position);
            var isObject = Levels.IsObject(ref _isObject, depth - 1);
            var next = (uint)position < (uint)text.Length ? text[position] : (byte)0;
            if (next == ',')
            {
                position = JsonTokens.SkipSpace(text, position + 1);
                return !isObject || SkipName(ref position);
            }
            if (next != (isObject ? (byte)'}' : (byte)']'))
            {
                return Fail(JsonFault.CommaOrEndExpected, position);
            }
            position++;
            depth--;
        }
        return true;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private bool SkipName(ref int position)
    {
        var text = _text;
        if ((uint)position >= (uint)text.Length || text[position] != '"')
        {
            return Fail(JsonFault.NameExpected, position);
        }
        if (JsonTokens.SkipString(text, ref _stops, ref position) is var fault and not JsonFault.None)
        {
            return Fail(fault, position);
        }
        position = JsonTokens.SkipSpace(text, position);
        if ((uint)position >= (uint)text.Length || text[position] != ':')
        {
            return Fail(JsonFault.ColonExpected, position);
        }
        position = JsonTokens.SkipSpace(text, position + 1);
        return true;
    }

    /// <summary>Tells which of the open levels are objects: a bit each.</summary>
    [InlineArray(DepthLimit / 64)]
    private struct Levels
    {
        private ulong _bits;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static bool IsObject(ref Levels levels, int level) =>
            ((Unsafe.Add(ref levels._bits, level >> 6) >> (level & 63)) & 1) != 0;

        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        internal static void Open(ref Levels levels, int level, bool isObject)
        {
            ref var bits = ref Unsafe.Add(ref levels._bits, level >> 6);
            bits = (bits & ~(1UL << (level & 63))) | ((isObject ? 1UL : 0UL) << (level & 63));
        }
    }
}
