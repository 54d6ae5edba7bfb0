using Ingest.Intake.Http;
using Microsoft.AspNetCore.Http;

namespace Ingest.Intake.Body;

/// <summary>Sizes and counts: what is too much, what is too little, and what of it the headers already tell.</summary>
internal static class BodyLimits
{
    internal static Problem Empty { get; } = new(ProblemKind.EmptyBody, "The body is empty.");

    internal static Problem Blank { get; } = new(ProblemKind.EmptyBody, "The body holds nothing but blanks.");

    internal static Problem EmptyArray { get; } = new(ProblemKind.EmptyBody, "The array is empty.");

    /// <summary>
    /// The limit the server itself must be given: it counts the framing of chunks, and small chunks are framing for the most part; and what
    /// is read of a body behind its refusal. The exact limit is kept here.
    /// </summary>
    internal static long ServerBytesMax(IntakeOptions options) => (options.BodyBytesMax * 2L) + (64 * 1024) + options.LingerBytesMax;

    /// <summary>What can be said of a body before a byte of it is read.</summary>
    internal static Problem Check(
        BodyType type, bool isEncoded, long? contentLength, IntakeOptions options, IHeaderDictionary headers)
    {
        return contentLength switch
        {
            null => default,
            0 => type.IsData && !isEncoded ? default : Empty,
            // Which limit counts is looked up only for the few bodies that are above the usual one.
            _ when type.IsOneEvent && !isEncoded && contentLength > options.EventBytesMax
                && EventLimits.Of(EventLimits.IsForwarded(headers), options).Bytes is var bytesMax && contentLength > bytesMax =>
                EventTooLarge(bytesMax),
            _ when contentLength > options.BodyBytesMax => TooLarge(options),
            _ => default,
        };
    }

    internal static Problem TooLarge(IntakeOptions options) =>
        new(ProblemKind.BatchTooLarge, $"A body may have {options.BodyBytesMax} bytes (Intake:BodyBytesMax).");

    internal static Problem EventTooLarge(int bytesMax) =>
        new(ProblemKind.EventTooLarge, $"An event may have {bytesMax} bytes (Intake:EventBytesMax).");

    internal static Problem TooManyEvents(IntakeOptions options) =>
        new(ProblemKind.TooManyEvents, $"A request may hold {options.EventsPerRequestMax} events (Intake:EventsPerRequestMax).");
}
