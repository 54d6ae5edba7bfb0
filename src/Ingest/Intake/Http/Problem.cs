using Ingest.Intake.Producers;

namespace Ingest.Intake.Http;

/// <summary>What is wrong with one request. The default value: nothing.</summary>
/// <param name="Kind">The code.</param>
/// <param name="Detail">One sentence about this request. Never any of its payload, nor a key.</param>
public readonly record struct Problem(ProblemKind Kind, string Detail)
{
    /// <summary>What is wrong at a byte of the body.</summary>
    public Problem(ProblemKind kind, string detail, long offset)
        : this(kind, detail) => Place = new ProblemPlace(offset);

    /// <summary>Where in the body it is; null where it is nowhere in particular.</summary>
    public ProblemPlace? Place { get; init; }

    /// <summary>Seconds until the same request may succeed; 0 where that is not said here.</summary>
    public int RetrySeconds { get; init; }

    /// <summary>The number that is next, where a producer's request has another one.</summary>
    internal ExpectedNumber? Expected { get; init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Kind is null;

    /// <summary>The same in an event of a batch.</summary>
    /// <param name="index">The event, from 0.</param>
    /// <param name="offset">The byte it is at, if none is known yet.</param>
    /// <param name="line">The line, from 1; 0 where events are not lines.</param>
    public Problem In(int index, long offset, int line = 0) =>
        this with { Place = new ProblemPlace(Place?.Offset ?? offset, index, line) };
}

/// <summary>Where in a body something is wrong.</summary>
/// <param name="Offset">The byte, from 0.</param>
/// <param name="Index">The event of a batch, from 0; -1 where the request is no batch or no one event is wrong.</param>
/// <param name="Line">The line, from 1; 0 where events are not lines.</param>
public sealed record ProblemPlace(long Offset, int Index = -1, int Line = 0);
