using System.IO.Pipelines;
using System.Text;
using Ingest.Hosting.Connections;
using Ingest.Testing;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Core.Features;

namespace Ingest.Tests.Hosting.Connections;

public sealed class GatheredOutputTests : IAsyncDisposable
{
    private const int BytesMax = 8;

    private readonly HeldOutput _socket = new();
    private readonly DefaultConnectionContext _connection;
    private readonly GatheredOutput _gathered = new(BytesMax);

    public GatheredOutputTests() => _connection = new DefaultConnectionContext("one") { Transport = new Ends(_socket) };

    public ValueTask DisposeAsync() => _connection.DisposeAsync();

    [Fact]
    public async Task What_is_answered_while_something_is_being_sent_goes_out_at_once()
    {
        await ServeAsync(async output =>
        {
            await AnswerAsync(output, "a");
            await Poll.Until("the first answer is being sent", () => _socket.Flushes == 1);
            await AnswerAsync(output, "b");
            await AnswerAsync(output, "c");
            await AnswerAsync(output, "d");
            _socket.Release();
            await Poll.Until("the others are being sent", () => _socket.Flushes == 2);
            Assert.Equal("a|bcd", _socket.Sent);
        });
    }

    [Fact]
    public async Task The_connection_ends_when_everything_is_sent()
    {
        var serving = ServeAsync(output => AnswerAsync(output, "last"));
        await Poll.Until("it is being sent", () => _socket.Flushes == 1);
        Assert.False(serving.IsCompleted);
        _socket.Release();
        await serving;
        Assert.Equal("last", _socket.Sent.TrimEnd('|'));
        Assert.Same(_socket, _connection.Transport.Output);
    }

    [Fact]
    public async Task Who_does_not_read_its_answers_holds_up_the_server_once_so_much_waits()
    {
        await ServeAsync(async output =>
        {
            await AnswerAsync(output, "a");
            await Poll.Until("the first answer is being sent", () => _socket.Flushes == 1);
            var flushing = output.WriteAsync(new byte[BytesMax], TestContext.Current.CancellationToken);
            Assert.False(flushing.IsCompleted);
            _socket.Release();
            Assert.False((await flushing).IsCompleted);
        });
    }

    [Fact]
    public async Task A_client_that_is_gone_is_told_to_the_server()
    {
        _socket.Release(isGone: true);
        await ServeAsync(output => Poll.Until("a flush says so", async () => await AnswerAsync(output, "a")));
        Assert.False(_connection.ConnectionClosed.IsCancellationRequested);
    }

    [Fact]
    public async Task A_connection_whose_answers_cannot_be_sent_is_ended()
    {
        _socket.Fail(new IOException("The record could not be encrypted."));
        await ServeAsync(output => Poll.Until("a flush says so", async () => await AnswerAsync(output, "a")));
        await Poll.Until("the connection is aborted", () => _connection.ConnectionClosed.IsCancellationRequested);
    }

    [Theory]
    [InlineData("h2", true)]
    [InlineData("http/1.1", false)]
    [InlineData(null, false)]
    public async Task Only_HTTP_2_is_gathered(string? agreed, bool isGathered)
    {
        if (agreed is not null)
        {
            _connection.Features.Set<ITlsApplicationProtocolFeature>(new Agreed(Encoding.ASCII.GetBytes(agreed)));
        }
        _socket.Release();
        PipeWriter? output = null;
        await _gathered.Around(Serve, always: false)(_connection);
        Assert.Equal(isGathered, output != _socket);

        Task Serve(ConnectionContext connection)
        {
            output = connection.Transport.Output;
            return Task.CompletedTask;
        }
    }

    private Task ServeAsync(Func<PipeWriter, Task> serve) =>
        _gathered.Around(connection => serve(connection.Transport.Output), always: true)(_connection);

    /// <summary>True: the client is gone.</summary>
    private static async Task<bool> AnswerAsync(PipeWriter output, string text)
    {
        var flushed = await output.WriteAsync(Encoding.ASCII.GetBytes(text), TestContext.Current.CancellationToken);
        return flushed.IsCompleted;
    }

    private sealed record Agreed(ReadOnlyMemory<byte> ApplicationProtocol) : ITlsApplicationProtocolFeature;

    private sealed class Ends(PipeWriter output) : IDuplexPipe
    {
        public PipeReader Input { get; } = PipeReader.Create(Stream.Null);

        public PipeWriter Output => output;
    }
}
