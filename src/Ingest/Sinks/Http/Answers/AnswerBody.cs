using Ingest.Sinks.Contract;

namespace Ingest.Sinks.Http.Answers;

/// <summary>What came of an answer's body, within a bound of bytes and time.</summary>
/// <param name="Bytes">What came.</param>
/// <param name="IsWhole">It ended, within the bounds, and is not compressed.</param>
internal readonly record struct AnswerBody(ReadOnlyMemory<byte> Bytes, bool IsWhole)
{
    /// <summary>How long a body may take that only explains a status.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private const int FirstBytes = 4096;

    /// <summary>Reads what has come by the time the answer ends, breaks off, stalls, or the request's time is over. Never throws for
    /// these.</summary>
    /// <param name="response">The answer.</param>
    /// <param name="bytesMax">Bytes that are read at most; 0: none.</param>
    /// <param name="patience">How long it may take.</param>
    /// <param name="time">Counts that.</param>
    /// <param name="cancel">The request's time is over.</param>
    internal static async ValueTask<AnswerBody> ReadAsync(
        HttpResponseMessage response, int bytesMax, TimeSpan patience, TimeProvider time, CancellationToken cancel)
    {
        // Compressed, it is no text yet, and how much text it will be is not known.
        if (bytesMax == 0 || response.Content.Headers.ContentEncoding.Count > 0)
        {
            return default;
        }
        var bytes = new byte[Math.Min(bytesMax, FirstBytes)];
        var read = 0;
        using var within = new CancellationTokenSource(patience, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancel, within.Token);
        try
        {
            await using var body = await response.Content.ReadAsStreamAsync(either.Token);
            while (true)
            {
                if (read == bytes.Length)
                {
                    if (read == bytesMax)
                    {
                        return new AnswerBody(bytes, IsWhole: await body.ReadAsync(new byte[1], either.Token) == 0);
                    }
                    Array.Resize(ref bytes, (int)Math.Min(bytesMax, bytes.Length * 2L));
                }
                var more = await body.ReadAsync(bytes.AsMemory(read), either.Token);
                if (more == 0)
                {
                    return new AnswerBody(bytes.AsMemory(0, read), IsWhole: true);
                }
                read += more;
            }
        }
        catch (Exception e) when (e is IOException or HttpRequestException or OperationCanceledException)
        {
            // Then this is all it says.
        }
        return new AnswerBody(bytes.AsMemory(0, read), IsWhole: false);
    }
}

/// <summary>An answer as a format reads it.</summary>
/// <param name="Usual">The verdict by its status, with the sentence of its body as reason.</param>
/// <param name="Status">The status.</param>
/// <param name="Body">The body.</param>
internal readonly record struct ReceivedAnswer(SinkVerdict Usual, int Status, AnswerBody Body);
