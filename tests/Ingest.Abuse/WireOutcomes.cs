using Ingest.Testing;

namespace Ingest.Abuse;

/// <summary>Reads what came back over a connection, strictly.</summary>
internal static class WireOutcomes
{
    /// <summary>Receives that many answers, or those that come before the connection ends.</summary>
    internal static async Task<IReadOnlyList<WireAnswer>> AnswersAsync(this RawConnection wire, int count, CancellationToken patience)
    {
        await wire.ReceiveAsync(received => WireAnswer.ParseAll(received.Received, wholeOnly: true).Count >= count, patience);
        return WireAnswer.ParseAll(wire.Received, wholeOnly: false);
    }

    /// <summary>Receives one answer and says it in a word: its status, or <c>closed</c>.</summary>
    internal static async Task<string> OutcomeAsync(this RawConnection wire, CancellationToken patience)
    {
        var answers = await wire.AnswersAsync(1, patience);
        return answers.Count == 0 ? Outcomes.Closed : answers[0].Word;
    }
}
