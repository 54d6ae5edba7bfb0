using Ingest.Intake.Http;

namespace Ingest.Intake.Body;

/// <summary>
/// How the message of a dialect lies in a body that HTTP's own encodings are taken off. The default value: it is the body.
/// </summary>
/// <param name="Start">Bytes before the message.</param>
/// <param name="Compression">How the message is compressed; null where it is not.</param>
internal readonly record struct BodyWrapping(int Start, ContentEncoding? Compression)
{
    /// <summary>What is wrong with the wrapping.</summary>
    internal Problem Problem { get; init; }

    /// <summary>A body that is not wrapped as its dialect has it.</summary>
    internal static BodyWrapping Wrong(in Problem problem) => new() { Problem = problem };
}
