using System.Net;
using System.Net.Sockets;
using System.Text;
using Ingest.Health;
using Ingest.Intake;
using Ingest.Intake.Admission;
using Ingest.Intake.Dialects;
using Ingest.Intake.Dialects.Elastic;
using Ingest.Intake.Dialects.Engine;
using Ingest.Intake.Dialects.Hec;
using Ingest.Intake.Dialects.Otlp;
using Ingest.Intake.Dialects.Segment;
using Ingest.Intake.Http;
using Ingest.Tests.Intake.Receipts;
using Ingest.Tests.Queue;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Intake;

/// <summary>
/// What a request allocates: the intake with its real queue and log, against a handler on the same server that reads the body and
/// answers as much. The client is a socket on a thread of its own and allocates nothing.
/// </summary>
[Collection(nameof(Alone))]
public sealed class AllocationTests
{
    private const int BudgetBytes = 1024;
    private const int Warmup = 1500;
    private const int Requests = 400;

    // The process allocates beside the requests, and the compiler replaces code while they run: the least of some spans is theirs. A busy
    // machine compiles late, so a figure over the budget is measured for longer.
    private const int Spans = 5;
    private const int SpansMax = 50;

    private static readonly byte[] Answer = "{\"accepted\":1,\"first\":1000,\"last\":1000}"u8.ToArray();

    public static TheoryData<string, string, string> Kinds { get; } = new()
    {
        { "application/json", "", "{\"order\":4711,\"total\":19.99,\"lines\":[{\"sku\":\"a-1\",\"count\":2}]}" },
        { "application/json", "Ingest-Key: customer-17\r\nX-Request-Id: 0123456789abcdef\r\n", "{\"order\":4711}" },
        { "text/plain", "", "some text" },
        { "application/x-ndjson", "", "{\"order\":4711}\n" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public async Task A_request_with_one_event_allocates_no_more_than_a_kilobyte_beyond_the_servers_own(
        string type, string headers, string body)
    {
        var request = Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{headers}\r\n{body}");
        using var queue = new QueueFixture();
        using var instruments = new Instruments();
        using var intake = NewIntake(queue, instruments);

        var own = await MeasureAsync(BareAsync, request);
        var whole = await MeasureAsync(intake.HandleDefaultAsync, request, own + BudgetBytes);

        TestContext.Current.SendDiagnosticMessage($"{type}: {own:0} bytes a request by the server, {whole:0} with the intake");
        Assert.True(whole - own <= BudgetBytes, $"{whole:0} bytes a request, {whole - own:0} of them beyond the server's own {own:0}");
    }

    public static TheoryData<IDialect, string> Dialects { get; } = new()
    {
        { new HecDialect(), "{\"event\":{\"order\":4711}}" },
        { new SegmentDialect(), "{\"batch\":[{\"type\":\"track\",\"userId\":\"u\",\"event\":\"ordered\"}]}" },
        { new OtlpDialect(), "{\"resourceLogs\":[]}" },
        { new ElasticDialect(), "{\"create\":{\"_index\":\"bench\"}}\n{\"order\":4711}\n" },
    };

    [Theory]
    [MemberData(nameof(Dialects))]
    public async Task A_request_of_a_dialect_allocates_no_more_than_a_kilobyte_beyond_the_servers_own(IDialect dialect, string body)
    {
        var request = Encoding.ASCII.GetBytes(
            $"POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n"
            + body);
        using var queue = new QueueFixture();
        using var instruments = new Instruments();
        using var intake = NewIntake(queue, instruments);
        var endpoint = new DialectEndpoint(intake.Parts, queue.Queue.SubmitAsync);
        var settings = (DialectOptions)Activator.CreateInstance(dialect.OptionsType)!;
        var route = dialect.Routes(settings).First(route => route.Intake is not null);

        var own = await MeasureAsync(BareAsync, request);
        var whole = await MeasureAsync(
            context => endpoint.HandleAsync(context, dialect.Name, route).AsTask(), request, own + BudgetBytes);

        TestContext.Current.SendDiagnosticMessage($"{dialect.Name}: {own:0} bytes a request by the server, {whole:0} with the intake");
        Assert.True(whole - own <= BudgetBytes, $"{whole:0} bytes a request, {whole - own:0} of them beyond the server's own {own:0}");
    }

    private static IntakeEndpoint NewIntake(QueueFixture queue, Instruments instruments)
    {
        var options = new IntakeOptions();
        return new IntakeEndpoint(
            options,
            new StreamDirectory(options, []),
            queue.Gate,
            queue.Queue.SubmitAsync,
            new KeptDeliveries(),
            new NoAdvice(),
            instruments,
            TimeProvider.System,
            NullLogger<IntakeEndpoint>.Instance);
    }

    private static async Task BareAsync(HttpContext context)
    {
        var reader = context.Request.BodyReader;
        var read = await reader.ReadAsync();
        reader.AdvanceTo(read.Buffer.End);
        context.Response.StatusCode = StatusCodes.Status202Accepted;
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = Answer.Length;
        await context.Response.BodyWriter.WriteAsync(Answer);
    }

    private static async Task<double> MeasureAsync(RequestDelegate handler, byte[] request, double enough = double.MaxValue)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(server => server.Listen(IPAddress.Loopback, 0));
        await using var app = builder.Build();
        app.Map(IntakeEndpoint.DefaultPattern, handler);
        await app.StartAsync(TestContext.Current.CancellationToken);
        var port = new Uri(app.Urls.First()).Port;
        return await Task.Factory.StartNew(
            () => Send(port, request, enough), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private static double Send(int port, byte[] request, double enough)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        socket.ReceiveTimeout = 30_000;
        socket.Connect(IPAddress.Loopback, port);
        var buffer = new byte[4096];
        Exchange(Warmup);
        var least = double.MaxValue;
        for (var span = 0; span < Spans || (span < SpansMax && least > enough); span++)
        {
            var before = GC.GetTotalAllocatedBytes(precise: true);
            Exchange(Requests);
            least = Math.Min(least, (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)Requests);
        }
        return least;

        void Exchange(int count)
        {
            for (var i = 0; i < count; i++)
            {
                socket.Send(request, SocketFlags.None);
                var received = 0;
                // Every answer here ends in a brace, and holds no other.
                while (received == 0 || buffer[received - 1] != (byte)'}')
                {
                    var got = socket.Receive(buffer, received, buffer.Length - received, SocketFlags.None);
                    Assert.NotEqual(0, got);
                    received += got;
                }
                Assert.True(buffer.AsSpan(0, received).StartsWith("HTTP/1.1 20"u8));
            }
        }
    }

    private sealed class NoAdvice : IRetryAdvice
    {
        public int Seconds(RefusalCode reason) => 1;
    }
}
