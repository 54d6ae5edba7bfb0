namespace Ingest.Kafka.Tests;

public sealed class SendGateTests
{
    [Fact]
    public async Task Turns_come_in_the_order_of_entering()
    {
        var gate = new SendGate();
        using var first = gate.Enter();
        using var second = gate.Enter();
        using var third = gate.Enter();

        Assert.True(first.ComeAsync(CancellationToken.None).IsCompleted);
        var comes = second.ComeAsync(CancellationToken.None);
        Assert.False(comes.IsCompleted);
        first.Leave();
        await comes;
        Assert.False(third.ComeAsync(CancellationToken.None).IsCompleted);
        second.Leave();
        await third.ComeAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Who_gives_up_waiting_lets_nobody_overtake_those_in_front()
    {
        var gate = new SendGate();
        using var first = gate.Enter();
        var second = gate.Enter();
        using var third = gate.Enter();
        using var impatience = new CancellationTokenSource();
        var waits = second.ComeAsync(impatience.Token);

        await impatience.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waits);
        second.Dispose();

        var comes = third.ComeAsync(CancellationToken.None);
        Assert.False(comes.IsCompleted);
        first.Leave();
        await comes;
    }
}
