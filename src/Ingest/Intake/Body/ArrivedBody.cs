using Ingest.Intake.Admission;
using Ingest.Intake.Http;

namespace Ingest.Intake.Body;

/// <summary>A whole body in rented memory, or why there is none. The default value: a body without bytes.</summary>
internal readonly record struct ArrivedBody
{
    /// <summary>The memory; its owner gives it to <see cref="BufferBudget.Release"/>, once.</summary>
    internal byte[]? Rented { get; init; }

    internal int Length { get; init; }

    internal ReadOnlySpan<byte> Bytes => Rented.AsSpan(0, Length);

    /// <summary>Why the body was not read to its end.</summary>
    internal Problem Problem { get; init; }

    /// <summary>The client went away: there is none to answer.</summary>
    internal bool IsGone { get; init; }
}
