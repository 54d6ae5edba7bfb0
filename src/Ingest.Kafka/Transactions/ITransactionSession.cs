using Confluent.Kafka;
using Ingest.Sinks.Contract;

namespace Ingest.Kafka;

/// <summary>
/// One transactional producer from its making to its end. Calls that take a time block for so long at most, and throw what Confluent.Kafka
/// throws: to be repeated, to be aborted, or the end of the session.
/// </summary>
internal interface ITransactionSession
{
    /// <summary>How it sends.</summary>
    SendMode Mode { get; }

    /// <summary>The verdict of the last error of a connection where that refused us.</summary>
    SinkVerdict? Refused { get; }

    /// <summary>The last error of a connection and the first since which nothing was committed, if nothing was.</summary>
    ConnectionTrouble? Trouble { get; }

    /// <summary>Fences every earlier producer of the identity and ends its transaction. Before anything else is read or sent.</summary>
    void Init(TimeSpan timeout);

    /// <summary>The progress that was committed last; null when there is none.</summary>
    string? ReadProgress(TimeSpan timeout);

    /// <summary>Begins a transaction.</summary>
    void Begin();

    /// <summary>Adds the progress to the transaction.</summary>
    void SendProgress(Progress progress, TimeSpan timeout);

    /// <summary>Commits it. May be repeated while the outcome is not known.</summary>
    void Commit(TimeSpan timeout);

    /// <summary>Aborts it.</summary>
    void Abort(TimeSpan timeout);

    /// <summary>Whether there is a topic: <see cref="ErrorCode.NoError"/>, or why it cannot be written to.</summary>
    ErrorCode AskForTopic(string topic, TimeSpan timeout);

    /// <summary>Hands a message over.</summary>
    /// <param name="topic">Where it goes.</param>
    /// <param name="message">Copied before the call returns.</param>
    /// <param name="reported">Told what became of it, on any thread; null with <see cref="SendMode.Fast"/>.</param>
    void Produce(string topic, Message<byte[], byte[]> message, Action<ErrorCode>? reported);

    /// <summary>Ends it within a bound. A transaction that is open stays so for the brokers.</summary>
    void Close(TimeSpan timeout);
}
