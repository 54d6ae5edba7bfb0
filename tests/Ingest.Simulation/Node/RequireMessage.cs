using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ingest.Simulation.Node;

/// <summary>
/// What <see cref="NodeChecks.Require(bool, ref RequireMessage)"/> says of a promise that is broken. Put together only then: most checks
/// are made at every step, and hold.
/// </summary>
[InterpolatedStringHandler]
internal ref struct RequireMessage
{
    private DefaultInterpolatedStringHandler _text;

    [SuppressMessage("Style", "IDE0060", Justification = "What the compiler calls it with.")]
    internal RequireMessage(int literalLength, int formattedCount, bool condition, out bool isNeeded)
    {
        isNeeded = !condition;
        _text = isNeeded ? new DefaultInterpolatedStringHandler(literalLength, formattedCount) : default;
    }

    internal void AppendLiteral(string text) => _text.AppendLiteral(text);

    internal void AppendFormatted<T>(T value) => _text.AppendFormatted(value);

    internal string Text() => _text.ToStringAndClear();
}
