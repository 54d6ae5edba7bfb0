using System.Net;
using Ingest.Hosting.Connections;
using Microsoft.AspNetCore.Connections;

namespace Ingest.Tests.Hosting.Connections;

public sealed class BoundedListenerTests : IAsyncDisposable
{
    private readonly Flood _flood = new();
    private readonly SemaphoreSlim _room = new(2, 2);
    private readonly BoundedListener _listener;

    public BoundedListenerTests() => _listener = new BoundedListener(_flood, _room);

    public async ValueTask DisposeAsync()
    {
        await _listener.DisposeAsync();
        await _flood.DisposeAsync();
        _room.Dispose();
    }

    [Fact]
    public async Task No_more_are_accepted_than_there_is_room_for_until_one_is_closed()
    {
        var first = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        var third = _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.False(third.IsCompleted);
        Assert.Equal(2, _flood.Accepted);

        await first!.DisposeAsync();

        Assert.NotNull(await third.WaitAsync(TestContext.Current.CancellationToken));
        Assert.Equal(3, _flood.Accepted);
    }

    [Fact]
    public async Task A_connection_that_is_closed_twice_makes_room_for_one()
    {
        var first = await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        await first!.DisposeAsync();
        await first.DisposeAsync();
        Assert.Equal(2, _room.CurrentCount);
    }

    [Fact]
    public async Task Who_waits_for_room_ends_when_nobody_listens_any_more()
    {
        await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        await _listener.AcceptAsync(TestContext.Current.CancellationToken);
        var waiting = _listener.AcceptAsync(TestContext.Current.CancellationToken).AsTask();

        await _listener.UnbindAsync(TestContext.Current.CancellationToken);

        Assert.Null(await waiting.WaitAsync(TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task The_end_of_a_listener_takes_no_room()
    {
        await _flood.UnbindAsync(TestContext.Current.CancellationToken);
        Assert.Null(await _listener.AcceptAsync(TestContext.Current.CancellationToken));
        Assert.Equal(2, _room.CurrentCount);
    }

    /// <summary>Accepts without end: one more connection always wants in.</summary>
    private sealed class Flood : IConnectionListener
    {
        private bool _ended;

        public int Accepted { get; private set; }

        public EndPoint EndPoint { get; } = new IPEndPoint(IPAddress.Loopback, 1);

        public ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default) =>
            ValueTask.FromResult<ConnectionContext?>(_ended ? null : Next());

        public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
        {
            _ended = true;
            return ValueTask.CompletedTask;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private DefaultConnectionContext Next()
        {
            Accepted++;
            return new DefaultConnectionContext();
        }
    }
}
