using Ingest.Events;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Sinks.Http.Requests;

namespace Ingest.Sinks.Http.Formats;

/// <summary>
/// The seam between the sink and a protocol: how events stand in a request, how many of them, and what an answer says of each. A format
/// never sends, waits or counts; a new one is one class and one line in <see cref="RequestFormats"/>. No state; any thread.
/// </summary>
internal abstract class RequestFormat
{
    /// <summary>Most events of one request. Default: no limit but the sink's.</summary>
    internal virtual int EventsMax => int.MaxValue;

    /// <summary>
    /// True: an answer may have taken some events of a request and put others off. Then no request has two events of one key, where the
    /// order of keys is kept. Default false: a request is taken or refused as a whole.
    /// </summary>
    internal virtual bool JudgesEvents => false;

    /// <summary>How long the body of an answer may take to come. Default 2 s: the status has decided already.</summary>
    internal virtual TimeSpan AnswerPatience => AnswerBody.Patience;

    /// <summary>Bytes of an answer that <see cref="Read"/> needs at most. Default 0: the status says all, and it is not asked.</summary>
    /// <param name="events">Events of the request.</param>
    internal virtual int AnswerBytesMax(int events) => 0;

    /// <summary>Why an event cannot stand in this format, as the verdict on it; null when it can. Default: every event can.</summary>
    internal virtual SinkVerdict? Refuse(in StoredEvent stored) => null;

    /// <summary>The body of a request.</summary>
    /// <param name="batch">The batch.</param>
    /// <param name="indexes">Events of it that are not refused, in order; at least one, at most <see cref="EventsMax"/>.</param>
    internal abstract RequestBody Encode(EventBatch batch, ReadOnlySpan<int> indexes);

    /// <summary>Where the request goes. Default: to the URL of the settings.</summary>
    /// <param name="url">The URL of the settings, for the stream.</param>
    /// <param name="first">The request's first event.</param>
    internal virtual Uri Place(Uri url, in StoredEvent first) => url;

    /// <summary>Adds headers of the format; those that are there already count. Default: none.</summary>
    /// <param name="request">With its body and all other headers.</param>
    /// <param name="first">The request's first event.</param>
    internal virtual void Describe(HttpRequestMessage request, in StoredEvent first)
    {
    }

    /// <summary>What an answer says; null when its status says it all. Default: null.</summary>
    /// <param name="answer">The answer.</param>
    /// <param name="events">Events of the request.</param>
    internal virtual HttpAnswer? Read(in ReceivedAnswer answer, int events) => null;
}
