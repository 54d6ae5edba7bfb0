using System.Buffers.Binary;
using System.Threading.Channels;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>
/// One client's connection through a front. Answers leave in the order of the requests; those of the broker are changed on the way,
/// refusals are put between them.
/// </summary>
/// <param name="client">To the client.</param>
/// <param name="broker">To the broker.</param>
/// <param name="port">The broker's own port.</param>
/// <param name="rules">What all fronts of the cluster share.</param>
internal sealed class FrontConnection(Stream client, Stream broker, int port, ClusterRules rules)
{
    private const int PendingMax = 1000;

    private readonly Channel<Pending> _pending = Channel.CreateBounded<Pending>(PendingMax);
    private int _produces;

    // Timestamp; written by who answers, read by who takes, Volatile.
    private long _mutedUntil;

    internal async Task RunAsync(CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var answering = AnswerAsync(ended.Token);
        try
        {
            while (await BrokerFront.ReadFrameAsync(client, ended.Token) is { } frame)
            {
                await WaitWhileMutedAsync(ended.Token);
                await TakeAsync(frame, ended.Token);
            }
        }
        catch (IOException)
        {
            // The client is gone; what the broker was given still has its outcome.
        }
        finally
        {
            _pending.Writer.TryComplete();
        }
        await answering.WaitAsync(TimeSpan.FromSeconds(5), TimeProvider.System, stop);
        await ended.CancelAsync();
    }

    private async Task TakeAsync(byte[] frame, CancellationToken cancel)
    {
        var api = (ApiKey)BinaryPrimitives.ReadInt16BigEndian(frame);
        var version = BinaryPrimitives.ReadInt16BigEndian(frame.AsSpan(2));
        if (api == ApiKey.SaslHandshake && rules.RefusesLogin)
        {
            await _pending.Writer.WriteAsync(new Pending(api, version, null, RefuseLogin(frame)), cancel);
            return;
        }
        if (await rules.Transactions.TryAnswerAsync(api, version, frame, port) is { } own)
        {
            await _pending.Writer.WriteAsync(new Pending(api, version, null, own), cancel);
            return;
        }
        if (api != ApiKey.Produce)
        {
            await PassOnAsync(new Pending(api, version, null, null), frame, cancel);
            return;
        }
        rules.ProducesAtOnceMax = Math.Max(rules.ProducesAtOnceMax, Interlocked.Increment(ref _produces));
        var request = ProduceRequest.Parse(frame);
        if (rules.Refusal?.Invoke(request) is { } refusal)
        {
            await _pending.Writer.WriteAsync(new Pending(api, version, null, request.Answer(refusal)), cancel);
            return;
        }
        if (await rules.Transactions.RefuseAsync(request) is { } fenced)
        {
            await _pending.Writer.WriteAsync(new Pending(api, version, null, request.Answer(fenced)), cancel);
            return;
        }
        var decision = await rules.Sequences.DecideAsync(request);
        if (decision.Answer is { } code)
        {
            await _pending.Writer.WriteAsync(new Pending(api, version, null, request.Answer(code)), cancel);
            return;
        }
        await PassOnAsync(
            new Pending(api, version, request, null), request.Transaction is null ? frame : request.WithoutTransaction(frame), cancel);
    }

    // Brokers since 2.0 answer at once and then do not listen to the client for as long as they told it.
    private async Task WaitWhileMutedAsync(CancellationToken cancel)
    {
        var left = TimeProvider.System.GetElapsedTime(TimeProvider.System.GetTimestamp(), Volatile.Read(ref _mutedUntil));
        if (left > TimeSpan.Zero)
        {
            await Task.Delay(left, TimeProvider.System, cancel);
        }
    }

    private static long TimestampIn(TimeSpan time) =>
        TimeProvider.System.GetTimestamp() + (long)(time.TotalSeconds * TimeProvider.System.TimestampFrequency);

    private async Task PassOnAsync(Pending pending, byte[] frame, CancellationToken cancel)
    {
        await _pending.Writer.WriteAsync(pending, cancel);
        await BrokerFront.WriteFrameAsync(broker, frame, cancel);
    }

    private async Task AnswerAsync(CancellationToken cancel)
    {
        var clientIsThere = true;
        await foreach (var pending in _pending.Reader.ReadAllAsync(CancellationToken.None))
        {
            var answer = pending.OwnAnswer ?? await ReadAnswerAsync(pending, cancel);
            if (answer is null)
            {
                clientIsThere = false;
                continue;
            }
            if (pending.Api == ApiKey.Produce)
            {
                Interlocked.Decrement(ref _produces);
                ProduceAnswer.SetThrottle(answer, pending.Version, rules.Throttle);
            }
            try
            {
                if (clientIsThere)
                {
                    await BrokerFront.WriteFrameAsync(client, answer, cancel);
                }
                if (pending.Api == ApiKey.Produce)
                {
                    Volatile.Write(ref _mutedUntil, TimestampIn(rules.Throttle));
                }
            }
            catch (Exception gone) when (gone is IOException or OperationCanceledException)
            {
                clientIsThere = false;
            }
        }
    }

    private async Task<byte[]?> ReadAnswerAsync(Pending pending, CancellationToken cancel)
    {
        byte[]? answer = null;
        try
        {
            answer = await BrokerFront.ReadFrameAsync(broker, cancel);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            // No outcome: as good as not appended, for this mock does not lose what it answered.
        }
        if (pending.Request is { } request)
        {
            var code = answer is null ? (short?)null : ProduceAnswer.CodeIn(answer, pending.Version);
            await rules.Transactions.NoteAsync(request, code == 0 ? ProduceAnswer.OffsetIn(answer, pending.Version) : null);
            rules.Sequences.Note(request, code);
        }
        if (answer is not null && pending.Api == ApiKey.Metadata)
        {
            Redirect(answer, pending.Version);
        }
        if (answer is not null && pending.Api == ApiKey.FindCoordinator)
        {
            RedirectCoordinator(answer, pending.Version);
        }
        if (answer is not null && pending.Api == ApiKey.ApiVersions)
        {
            Extend(answer, pending.Version);
        }
        return answer;
    }

    // Correlation, code, then per request number, lowest and highest version. The mock cluster lacks what the coordinator here can do.
    private static void Extend(byte[] answer, short version)
    {
        var reader = new KafkaReader(answer, flexible: version >= 3);
        reader.ReadInt32();
        reader.ReadInt16();
        for (var requests = reader.ReadCount(); requests > 0; requests--)
        {
            var api = (ApiKey)reader.ReadInt16();
            reader.ReadInt16();
            var at = reader.Position;
            reader.ReadInt16();
            if (api == ApiKey.OffsetFetch)
            {
                BinaryPrimitives.WriteInt16BigEndian(answer.AsSpan(at), TransactionAnswer.StableVersion);
            }
            reader.SkipTags();
        }
    }

    // Metadata: correlation, throttling (from version 3 on), then per broker number, host, port and (from 1 on) rack.
    private void Redirect(byte[] answer, short version)
    {
        var reader = new KafkaReader(answer, flexible: version >= 9);
        reader.ReadInt32();
        reader.SkipTags();
        if (version >= 3)
        {
            reader.ReadInt32();
        }
        for (var brokers = reader.ReadCount(); brokers > 0; brokers--)
        {
            reader.ReadInt32();
            reader.ReadString();
            var at = reader.Position;
            if (rules.Addresses.TryGetValue(reader.ReadInt32(), out var address))
            {
                BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(at), address);
            }
            if (version >= 1)
            {
                reader.ReadString();
            }
            reader.SkipTags();
        }
    }

    // Correlation, then throttling, code and message (from version 1 on), number, host and port.
    private void RedirectCoordinator(byte[] answer, short version)
    {
        var reader = new KafkaReader(answer, flexible: version >= 3);
        reader.ReadInt32();
        reader.SkipTags();
        if (version >= 1)
        {
            reader.ReadInt32();
        }
        reader.ReadInt16();
        if (version >= 1)
        {
            reader.ReadString();
        }
        var numberAt = reader.Position;
        reader.ReadInt32();
        reader.ReadString();
        var at = reader.Position;
        var asked = reader.ReadInt32();
        if (rules.Transactions.Seat is { } seat && rules.Numbers.TryGetValue(seat, out var number))
        {
            BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(numberAt), number);
            asked = seat;
        }
        if (rules.Addresses.TryGetValue(asked, out var address))
        {
            BinaryPrimitives.WriteInt32BigEndian(answer.AsSpan(at), address);
        }
    }

    private static byte[] RefuseLogin(byte[] frame)
    {
        const short UnsupportedMechanism = 33;
        var answer = new byte[4 + 2 + 4];
        frame.AsSpan(4, 4).CopyTo(answer);
        BinaryPrimitives.WriteInt16BigEndian(answer.AsSpan(4), UnsupportedMechanism);
        return answer;
    }

    private sealed record Pending(ApiKey Api, short Version, ProduceRequest? Request, byte[]? OwnAnswer);
}
