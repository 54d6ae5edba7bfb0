using System.Net;

namespace Ingest.Worker.Verify.Sending;

/// <summary>What an attempt was answered with.</summary>
/// <param name="Status">The status; 0: there was no answer.</param>
/// <param name="Code">The refusal's code, or what kept the answer away.</param>
/// <param name="RetryAfter">When to come back, where the answer says so.</param>
internal sealed record SendAnswer(int Status, string Code, TimeSpan? RetryAfter)
{
    /// <summary>Whether the events are stored.</summary>
    internal bool IsAccepted => Status == (int)HttpStatusCode.Accepted;

    /// <summary>Whether it leaves open whether the events are stored: everything but 202 and 4xx.</summary>
    internal bool IsOpen => !IsAccepted && Status is < 400 or >= 500;

    /// <summary>Whether the same may be sent again: 408, 429, 5xx, no answer.</summary>
    internal bool IsForNow =>
        Status is 0 or >= 500 or (int)HttpStatusCode.RequestTimeout or (int)HttpStatusCode.TooManyRequests;

    /// <summary>The status and its code, as they are counted.</summary>
    internal string Name => Status == 0 ? "no answer" : FormattableString.Invariant($"{Status} {Code}").TrimEnd();
}
