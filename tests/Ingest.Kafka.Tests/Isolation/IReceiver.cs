namespace Ingest.Kafka.Tests.Isolation;

/// <summary>What a node delivers to, refusing some of it until it is mended.</summary>
internal interface IReceiver : IAsyncDisposable
{
    IReadOnlyList<(string Key, string Value)> Settings { get; }

    /// <summary>Everything taken so far, in the order it was taken, repeats among it.</summary>
    IReadOnlyList<Taken> All();

    /// <summary>Takes everything from now on.</summary>
    void Mend();
}

/// <summary>An event a receiver has taken.</summary>
/// <param name="Name">Its stream or key.</param>
/// <param name="Number">Which of that name.</param>
internal readonly record struct Taken(string Name, int Number);
