using Ingest.Intake.Http;
using Ingest.Intake.Json;

namespace Ingest.Intake.Dialects.Reading;

/// <summary>
/// Walks the members and elements of a JSON text without building it: where each begins and ends, in the text itself. Checks everything it
/// steps over, the encoding included, as the native intake does.
/// </summary>
/// <remarks>
/// A walk ends well only with <see cref="End"/>. After any call that returned false, <see cref="Problem"/> says what is wrong, and has no
/// kind where the array or object simply ended.
/// </remarks>
internal ref struct JsonCursor
{
    private readonly ReadOnlySpan<byte> _text;
    private readonly int _base;
    private readonly int _invalid;
    private JsonScanner _scanner;

    /// <param name="text">The text.</param>
    /// <param name="depthMax">Most levels of one value.</param>
    /// <param name="problem">What is wrong with the text as a whole, if anything is.</param>
    internal JsonCursor(ReadOnlySpan<byte> text, int depthMax, out Problem problem)
    {
        _text = text;
        _invalid = JsonProblems.FirstInvalid(text, out problem);
        _scanner = new JsonScanner(text, depthMax);
        Problem = problem;
    }

    /// <summary>A part of a text whose encoding is checked already.</summary>
    /// <param name="text">The part.</param>
    /// <param name="depthMax">Most levels of one value.</param>
    /// <param name="start">Where it begins in the whole.</param>
    /// <param name="invalid">Where the whole stops being UTF-8.</param>
    internal JsonCursor(ReadOnlySpan<byte> text, int depthMax, int start, int invalid)
    {
        _text = text;
        _base = start;
        _invalid = invalid - start;
        _scanner = new JsonScanner(text, depthMax);
    }

    /// <summary>What is wrong; none after an end.</summary>
    internal Problem Problem { get; private set; }

    /// <summary>Where the cursor stands.</summary>
    internal readonly int Position => _scanner.Position;

    /// <summary>Whether anything but blanks is left.</summary>
    internal bool HasMore() => _scanner.SkipSpace();

    /// <summary>The next byte that is no blank; 0 at the end.</summary>
    internal byte Peek() => _scanner.SkipSpace() ? _text[_scanner.Position] : (byte)0;

    /// <summary>Steps over <paramref name="mark"/> if it is next.</summary>
    internal bool TrySkip(byte mark)
    {
        _scanner.SkipSpace();
        return _scanner.TrySkip(mark);
    }

    /// <summary>Steps into an object or array; false, with the problem, where there is none.</summary>
    internal bool Enter(byte open) =>
        TrySkip(open) || Fail(JsonFault.ValueExpected);

    /// <summary>Steps to the next member's value. False at the object's end, which is stepped over, or with a problem.</summary>
    /// <param name="first">True before the first; set to false.</param>
    /// <param name="name">The member's name as it is written, without quotes.</param>
    internal bool NextMember(ref bool first, out ReadOnlySpan<byte> name)
    {
        name = default;
        if (!Next(ref first, (byte)'}'))
        {
            return false;
        }
        var start = _scanner.Position;
        if (!_scanner.SkipString(JsonFault.NameExpected))
        {
            return Fail();
        }
        name = _text[(start + 1)..(_scanner.Position - 1)];
        _scanner.SkipSpace();
        if (!_scanner.TrySkip((byte)':'))
        {
            return Fail(JsonFault.ColonExpected);
        }
        _scanner.SkipSpace();
        return true;
    }

    /// <summary>Steps to the next element. False at the array's end, which is stepped over, or with a problem.</summary>
    internal bool NextElement(ref bool first) => Next(ref first, (byte)']');

    /// <summary>Steps over one value.</summary>
    /// <param name="value">Its bytes.</param>
    /// <param name="outer">Levels that are open around it and count.</param>
    internal bool Value(out ReadOnlySpan<byte> value, int outer = 0)
    {
        _scanner.SkipSpace();
        var start = _scanner.Position;
        if (!_scanner.SkipValue(outer) || _invalid < _scanner.Position)
        {
            value = default;
            return Fail();
        }
        value = _text[start.._scanner.Position];
        return true;
    }

    /// <summary>Nothing but blanks may be left.</summary>
    internal Problem End()
    {
        if (!JsonProblems.End(ref _scanner) || _invalid < _text.Length)
        {
            Fail();
        }
        return Problem;
    }

    private bool Next(ref bool first, byte end)
    {
        _scanner.SkipSpace();
        if (_scanner.TrySkip(end))
        {
            return false;
        }
        if (!first && !_scanner.TrySkip((byte)','))
        {
            return Fail(JsonFault.CommaOrEndExpected);
        }
        first = false;
        _scanner.SkipSpace();
        return true;
    }

    private bool Fail(JsonFault fault)
    {
        _scanner.Fail(fault, _scanner.Position);
        return Fail();
    }

    private bool Fail()
    {
        Problem = JsonProblems.Malformed(_scanner.Fault, _scanner.Position, _invalid);
        if (_base > 0)
        {
            Problem = Problem with { Place = new ProblemPlace(Problem.Place!.Offset + _base) };
        }
        return false;
    }
}
