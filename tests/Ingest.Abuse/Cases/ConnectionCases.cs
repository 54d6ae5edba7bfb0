using System.Globalization;
using Ingest.Testing;

namespace Ingest.Abuse.Cases;

/// <summary>What is done with connections rather than over them.</summary>
internal static class ConnectionCases
{
    internal static IReadOnlyList<AbuseCase> All { get; } =
    [
        new(
            "half-closed after the request",
            ["202", Outcomes.Closed],
            (target, patience) => HalfCloseAsync(target, Requests.Post(), patience)),
        new(
            "half-closed in the body",
            ["400 bad_request", Outcomes.Closed],
            (target, patience) => HalfCloseAsync(target, Requests.Post()[..^1], patience)),
        new(
            "half-closed in the head",
            ["400", Outcomes.Closed],
            (target, patience) => HalfCloseAsync(target, Requests.Post()[..30], patience)),
        new("thousands of idle connections", [Outcomes.Held], IdleAsync),
        new("thousands of half-sent requests", [Outcomes.Held], HalfSentAsync),
        new("connections reset in the body", [Outcomes.Held], ResetAsync),
        new("pipelining, 100 deep", ["100 × 202"], PipelineAsync),
    ];

    private static async Task<string> HalfCloseAsync(AbuseTarget target, byte[] request, CancellationToken patience)
    {
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(request, patience);
        wire.EndSending();
        return await wire.OutcomeAsync(patience);
    }

    private static Task<string> IdleAsync(AbuseTarget target, CancellationToken patience) =>
        FloodAsync(target, target.Connections, "", patience);

    private static Task<string> HalfSentAsync(AbuseTarget target, CancellationToken patience) =>
        FloodAsync(target, target.Connections / 5, Requests.Line + "Content-Length: 100\r\n\r\n{", patience);

    /// <summary>Opens connections, says the same over each, and waits until an honest request on each hundredth is answered.</summary>
    private static async Task<string> FloodAsync(AbuseTarget target, int count, string start, CancellationToken patience)
    {
        var wires = new List<RawConnection>(count);
        try
        {
            for (var i = 0; i < count; i++)
            {
                wires.Add(await RawConnection.ConnectAsync(target.Port, patience));
                if (start.Length > 0)
                {
                    await wires[i].SendAsync(start, patience);
                }
            }
            if (start.Length > 0)
            {
                return Outcomes.Held;
            }
            for (var i = 0; i < count; i += 100)
            {
                await wires[i].SendAsync(Requests.Post(), patience);
                if (await wires[i].OutcomeAsync(patience) is var outcome && outcome != "202")
                {
                    return string.Create(CultureInfo.InvariantCulture, $"connection {i}: {outcome}");
                }
            }
            return Outcomes.Held;
        }
        finally
        {
            wires.ForEach(wire => wire.Dispose());
        }
    }

    private static async Task<string> ResetAsync(AbuseTarget target, CancellationToken patience)
    {
        for (var i = 0; i < target.Connections / 5; i++)
        {
            using var wire = await RawConnection.ConnectAsync(target.Port, patience);
            await wire.SendAsync(Requests.Line + "Content-Length: 100\r\n\r\n{", patience);
            wire.ResetOnDispose();
        }
        return Outcomes.Held;
    }

    private static async Task<string> PipelineAsync(AbuseTarget target, CancellationToken patience)
    {
        const int depth = 100;
        using var wire = await RawConnection.ConnectAsync(target.Port, patience);
        await wire.SendAsync(Enumerable.Range(0, depth).SelectMany(_ => Requests.Post()).ToArray(), patience);
        var answers = await wire.AnswersAsync(depth, patience);
        var firsts = answers.Select(answer => answer.Accepted.First).ToList();
        return firsts.SequenceEqual(firsts.Order())
            ? string.Join(", ", answers.GroupBy(answer => answer.Word).Select(group => $"{group.Count()} × {group.Key}"))
            : "answers out of order";
    }
}
