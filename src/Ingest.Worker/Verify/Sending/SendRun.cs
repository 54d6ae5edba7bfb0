using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Ingest.Worker.Verify.Journals;

namespace Ingest.Worker.Verify.Sending;

/// <summary>
/// Sends numbered events and journals every attempt and answer, as the rules for producers say: what has no 202 and no final refusal is
/// sent again with the same <c>Idempotency-Key</c>. A key belongs to one connection, which sends its next events when it is done with those
/// before. One use.
/// </summary>
internal sealed class SendRun(SendPlan plan, Journal journal, TimeProvider time)
{
    private static readonly TimeSpan PauseMin = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PauseMax = TimeSpan.FromSeconds(2);

    private readonly SendSchedule _schedule = new(plan);
    private readonly long _start = time.GetTimestamp();

    /// <summary>What became of what was sent so far.</summary>
    internal SendTally Tally { get; } = new();

    private TimeSpan Elapsed => time.GetElapsedTime(_start);

    /// <summary>Sends until time or events are used up, or until interrupted: then requests under way have no outcome.</summary>
    [SuppressMessage("Reliability", "CA2025", Justification = "All connections are awaited before their client goes.")]
    internal async Task RunAsync(CancellationToken cancel)
    {
        using var client = new NodeClient(plan, journal.Run);
        await Task.WhenAll(Enumerable.Range(0, plan.Connections).Select(index => ConnectionAsync(client, index, cancel)));
    }

    private async Task ConnectionAsync(NodeClient client, int index, CancellationToken cancel)
    {
        await Task.Yield();
        int[] keys = [.. Enumerable.Range(0, plan.Keys).Where(key => key % plan.Connections == index)];
        long[] next = [.. keys.Select(key => journal.Contents.Ledger.LastOf(key) + 1)];
        var (text, body) = (new EventText(journal.Run), new ArrayBufferWriter<byte>());
        try
        {
            for (var turn = 0; !cancel.IsCancellationRequested && _schedule.Take(Elapsed) is { } request; turn = (turn + 1) % keys.Length)
            {
                await DelayAsync(request.Due - Elapsed, cancel);
                body.ResetWrittenCount();
                for (var i = 0; i < request.Events; i++)
                {
                    text.Write(body, keys[turn], next[turn] + i, plan.Padding);
                    body.Write("\n"u8);
                }
                await SendAsync(client, keys[turn], next[turn], request.Events, body.WrittenMemory, cancel);
                next[turn] += request.Events;
            }
        }
        catch (OperationCanceledException)
        {
            // What was under way stands in the journal as an intent without an answer.
        }
    }

    private async Task SendAsync(
        NodeClient client, int key, long first, int events, ReadOnlyMemory<byte> body, CancellationToken cancel)
    {
        var (begun, pause, mayBeStored) = (Elapsed, PauseMin, false);
        while (true)
        {
            await journal.IntendAsync(key, first, events);
            var answer = await client.PostAsync(key, first, body, cancel);
            journal.Answer(key, first, events, answer.Status, answer.Code);
            Tally.Count(answer);
            mayBeStored |= answer.IsOpen;
            var wait = answer.RetryAfter ?? pause;
            if (!answer.IsForNow || Elapsed + wait - begun > plan.RetryFor)
            {
                Tally.End(events, answer, mayBeStored);
                return;
            }
            await DelayAsync(wait, cancel);
            pause = pause * 2 < PauseMax ? pause * 2 : PauseMax;
        }
    }

    private async Task DelayAsync(TimeSpan pause, CancellationToken cancel)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause, time, cancel);
        }
    }
}
