using System.Net;
using Ingest.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ingest.Tests.Intake.Keys;

/// <summary>A real endpoint that knows of tokens, asked over HTTP.</summary>
public sealed class IntrospectionEndToEndTests
{
    [Fact]
    public async Task Tokens_are_verified_where_the_settings_say()
    {
        using var directory = new TemporaryDirectory();
        await File.WriteAllTextAsync(directory["authorization"], "Basic bm9kZTpzZWNyZXQ=\n", TestContext.Current.CancellationToken);
        var asked = new List<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var verifier = builder.Build();
        verifier.MapPost("/introspect", (RequestDelegate)(async context =>
        {
            var form = await context.Request.ReadFormAsync();
            lock (asked)
            {
                asked.Add($"{context.Request.Headers.Authorization} {form["token"]}");
            }
            if (form["token"] == "broken")
            {
                context.Response.StatusCode = 500;
                return;
            }
            await context.Response.WriteAsync(form["token"] == "good"
                ? """{"active":true,"client_id":"shop","scope":"ingest:orders"}"""
                : """{"active":false}""");
        }));
        await verifier.StartAsync(TestContext.Current.CancellationToken);

        await using var server = await IntakeServer.StartAsync(options =>
        {
            options.IntrospectionUrl = verifier.Urls.First() + "/introspect";
            options.IntrospectionAuthorizationFile = directory["authorization"];
            options.IntrospectionTimeout = TimeSpan.FromSeconds(30);
        });
        for (var round = 0; round < 3; round++)
        {
            Assert.Equal(HttpStatusCode.Accepted, (await PostAsync(server, "orders", "good")).StatusCode);
            await IntakeServer.ProblemAsync(await PostAsync(server, "other", "good"), HttpStatusCode.Forbidden, "forbidden");
            await IntakeServer.ProblemAsync(await PostAsync(server, "orders", "bad"), HttpStatusCode.Unauthorized, "unauthenticated");
        }
        var broken = await PostAsync(server, "orders", "broken");
        await IntakeServer.ProblemAsync(broken, HttpStatusCode.ServiceUnavailable, "verifier_unavailable");
        Assert.NotNull(broken.Headers.RetryAfter);
        Assert.Equal(["Basic bm9kZTpzZWNyZXQ= good", "Basic bm9kZTpzZWNyZXQ= bad", "Basic bm9kZTpzZWNyZXQ= broken"], asked);
    }

    [Theory]
    [InlineData("ftp://example.org/")]
    [InlineData("nonsense")]
    public async Task A_URL_that_is_none_is_named(string url)
    {
        var error = await Assert.ThrowsAsync<ArgumentException>(() => IntakeServer.StartAsync(options => options.IntrospectionUrl = url));
        Assert.Contains("Intake:IntrospectionUrl", error.Message, StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> PostAsync(IntakeServer server, string stream, string token) =>
        server.PostAsync($"/v1/streams/{stream}/events", null, "1"u8.ToArray(), ("Authorization", "Bearer " + token));
}
