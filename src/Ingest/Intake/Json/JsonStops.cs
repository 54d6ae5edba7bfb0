using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Ingest.Intake.Json;

/// <summary>
/// Where the plain part of a string can end: the quotes, backslashes and control characters of 64 bytes of a text, a bit each. Most
/// strings are short, so one look at 64 bytes serves several of them.
/// </summary>
internal struct JsonStops
{
    private const int Width = 64;

    private int _from;
    private ulong _bits;

    /// <summary>Nothing looked at yet.</summary>
    internal static JsonStops None => new() { _from = -Width };

    /// <summary>The first stop from <paramref name="at"/> on; the length of the text where there is none.</summary>
    /// <param name="text">The same at each call.</param>
    /// <param name="at">In the text, or at its end.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal int Next(ReadOnlySpan<byte> text, int at)
    {
        while (true)
        {
            if (at - _from is var passed && (uint)passed < Width)
            {
                if (_bits >> passed is var ahead and not 0)
                {
                    return at + BitOperations.TrailingZeroCount(ahead);
                }
                at = _from + Width;
            }
            if (at >= text.Length || text.Length < Width)
            {
                return NextOfFew(text, at);
            }
            // The last look ends with the text, and sees some of it again.
            Look(text, Math.Min(at, text.Length - Width));
        }
    }

    private void Look(ReadOnlySpan<byte> text, int from)
    {
        var block = Vector512.LoadUnsafe(ref MemoryMarshal.GetReference(text), (nuint)from);
        var stops = Vector512.Equals(block, Vector512.Create((byte)'"'))
            | Vector512.Equals(block, Vector512.Create((byte)'\\'))
            | Vector512.LessThan(block, Vector512.Create((byte)0x20));
        (_from, _bits) = (from, stops.ExtractMostSignificantBits());
    }

    private static int NextOfFew(ReadOnlySpan<byte> text, int at)
    {
        while ((uint)at < (uint)text.Length && text[at] is >= 0x20 and not ((byte)'"' or (byte)'\\'))
        {
            at++;
        }
        return at;
    }
}
