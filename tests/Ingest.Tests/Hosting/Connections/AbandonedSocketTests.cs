using System.Net.Sockets;
using Ingest.Hosting.Connections;
using Ingest.Testing;

namespace Ingest.Tests.Hosting.Connections;

/// <summary>A socket whose process was killed gives way; nothing else does.</summary>
public sealed class AbandonedSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task A_node_listens_where_a_killed_one_did()
    {
        var path = _directory["x.sock"];
        Abandon(path);
        await using var node = await NodeHost.StartAsync($"Listen:Intake=http://unix:{path}");
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), TestContext.Current.CancellationToken);
        await Assert.ThrowsAnyAsync<IOException>(() => NodeHost.StartAsync($"Listen:Intake=http://unix:{path}"));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_socket_that_is_listened_on_stays()
    {
        var path = _directory["live.sock"];
        using var listener = Listen(path);
        Assert.False(AbandonedSocket.Remove(path));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void A_socket_whose_backlog_is_full_stays()
    {
        var path = _directory["full.sock"];
        using var listener = Listen(path, backlog: 0);
        using var first = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        first.Connect(new UnixDomainSocketEndPoint(path));
        Assert.False(AbandonedSocket.Remove(path));
        Assert.True(File.Exists(path));
    }

    [Fact]
    public void What_is_no_socket_stays()
    {
        var file = _directory["file"];
        File.WriteAllText(file, "kept");
        Assert.False(AbandonedSocket.Remove(file));
        Assert.Equal("kept", File.ReadAllText(file));
        Assert.False(AbandonedSocket.Remove(_directory["nothing"]));
        Assert.False(AbandonedSocket.Remove(_directory.Path));
    }

    // The framework removes the file with the socket, as a process that is killed cannot.
    private static void Abandon(string path)
    {
        using (Listen(path + ".bound"))
        {
            File.Move(path + ".bound", path);
        }
    }

    private static Socket Listen(string path, int backlog = 10)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen(backlog);
        return socket;
    }
}
