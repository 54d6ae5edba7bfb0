using System.Text;
using Ingest.Hosting.Server;
using Ingest.Testing;
using Ingest.Tests.Intake;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Hosting;

/// <summary>What clients do wrong is no trouble of the operator's, and does not fill the log.</summary>
public sealed class ClientFaultTests
{
    private const string Connections = "Microsoft.AspNetCore.Server.Kestrel.Connections";
    private static readonly EventId Rejected = new(24, "ConnectionRejected");

    [Fact]
    public async Task A_malformed_trailer_of_a_body_that_nobody_reads_leaves_no_stack_trace_in_the_log()
    {
        using var logs = new CollectedLogs();
        await using var node = await NodeHost.StartAsync(_ => [], logs);
        const string request = "POST /v1/events HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n1\r\n1\r\n0\r\nX-Trailer: a\0b\r\n\r\n";
        using var connection = await RawConnection.ConnectAsync(node.Intake.Port, TestContext.Current.CancellationToken);

        var answer = await connection.ExchangeAsync(Encoding.ASCII.GetBytes(request), TestContext.Current.CancellationToken);

        Assert.Equal(415, answer.Status);
        await Poll.Until("the server says so", () => logs.Lines.Any(line => line.Contains(" 67 ", StringComparison.Ordinal)));
        Assert.DoesNotContain(logs.Lines, line => !line.StartsWith("Debug", StringComparison.Ordinal)
            && !line.StartsWith("Trace", StringComparison.Ordinal) && line.Contains("Exception", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Connections_beyond_the_limit_are_one_line()
    {
        using var logs = new CollectedLogs();
        await using var node = await NodeHost.StartAsync(_ => ["Listen:ConnectionsMax=16"], logs);
        var flood = new List<RawConnection>();
        try
        {
            for (var i = 0; i < 100; i++)
            {
                flood.Add(await RawConnection.ConnectAsync(node.Intake.Port, TestContext.Current.CancellationToken));
            }
            await Poll.Until("one was refused", () => Refusals(logs) > 0);
            // An operator still gets in.
            using var answer = await node.Client.GetAsync(new Uri(node.Admin, "/health/live"), TestContext.Current.CancellationToken);
            Assert.True(answer.IsSuccessStatusCode);
        }
        finally
        {
            flood.ForEach(connection => connection.Dispose());
        }
        Assert.InRange(Refusals(logs), 1, 10);
    }

    [Fact]
    public void A_line_that_was_held_back_is_counted_in_the_next()
    {
        var time = new FakeTime();
        using var logs = new CollectedLogs();
        using var factory = new ClientFaultLogging(LoggerFactory.Create(logging => logging.AddProvider(logs)), time);
        var logger = factory.CreateLogger(Connections);

        for (var i = 0; i < 5; i++)
        {
            logger.Log(LogLevel.Critical, Rejected, "refused.", new IOException("stack"), (state, _) => state);
        }
        time.Advance(LineThrottle.Pause);
        logger.Log(LogLevel.Critical, Rejected, "refused.", null, (state, _) => state);

        Assert.Equal(
            [$"Warning {Connections} 24 refused.", $"Warning {Connections} 24 refused. 4 more since the last such line."],
            logs.Lines.Select(line => line.TrimEnd()));
    }

    [Fact]
    public void Trouble_of_the_servers_own_is_said_as_it_was_and_every_time()
    {
        using var logs = new CollectedLogs();
        using var factory = new ClientFaultLogging(LoggerFactory.Create(logging => logging.AddProvider(logs)), new FakeTime());
        foreach (var (category, id) in new[] { (Connections, new EventId(13, "ApplicationError")), ("Ingest.Hosting", Rejected) })
        {
            var logger = factory.CreateLogger(category);
            logger.Log(LogLevel.Error, id, "failed.", new IOException("here"), (state, _) => state);
            logger.Log(LogLevel.Error, id, "failed.", new IOException("here"), (state, _) => state);
        }

        Assert.Equal(4, logs.Lines.Count(line => line.StartsWith("Error", StringComparison.Ordinal)
            && line.Contains("IOException: here", StringComparison.Ordinal)));
    }

    private static int Refusals(CollectedLogs logs) => logs.Lines.Count(line => line.StartsWith("Warning", StringComparison.Ordinal)
        && (line.Contains("rejected because", StringComparison.Ordinal) || line.Contains(" 9012 ", StringComparison.Ordinal)));
}
