using System.Buffers.Text;
using System.Net;
using System.Net.Http.Headers;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Ingest.Hosting;
using Ingest.Testing;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Ingest.Tests.Hosting;

/// <summary>
/// The intake inside of an application, behind that application's own authentication, as docs/keys.md shows it: here a scheme
/// that checks signed JWTs, there the one of the framework's package.
/// </summary>
public sealed class OwnAuthenticationTests : IDisposable
{
    private static readonly byte[] Key = RandomNumberGenerator.GetBytes(32);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task Events_need_the_applications_token_and_health_needs_none()
    {
        await using var app = await StartAsync();
        using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };

        Assert.Equal(HttpStatusCode.Accepted, await PostAsync(client, Token(Key)));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(client, Token(RandomNumberGenerator.GetBytes(32))));
        Assert.Equal(HttpStatusCode.Unauthorized, await PostAsync(client, null));
        using var health = await client.GetAsync(new Uri("/health/live", UriKind.Relative), TestContext.Current.CancellationToken);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }

    private async Task<WebApplication> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.Configuration.AddInMemoryCollection(
        [
            new("Ingest:Data", _directory["data"]), new("Ingest:Deliver", "discard"), new("Ingest:Drain:BalancerDelay", "0"),
        ]);
        builder.Services.AddAuthentication("jwt").AddScheme<AuthenticationSchemeOptions, SignedTokens>("jwt", null);
        builder.Services.AddAuthorization();
        builder.Services.AddIngest(builder.Configuration.GetSection("Ingest"));
        var app = builder.Build();
        app.MapGroup("").RequireAuthorization().MapIngestIntake();
        app.MapIngestHealth();
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    private static async Task<HttpStatusCode> PostAsync(HttpClient client, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/events")
        {
            Content = new StringContent("{}", Encoding.UTF8, "application/json"),
        };
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.StatusCode;
    }

    private static string Token(byte[] key)
    {
        var head = Base64Url.EncodeToString("{\"alg\":\"HS256\",\"typ\":\"JWT\"}"u8);
        var signed = head + "." + Base64Url.EncodeToString("{\"sub\":\"shop\"}"u8);
        return signed + "." + Base64Url.EncodeToString(HMACSHA256.HashData(key, Encoding.ASCII.GetBytes(signed)));
    }

    private sealed class SignedTokens(
        IOptionsMonitor<AuthenticationSchemeOptions> options, ILoggerFactory loggers, UrlEncoder encoder)
        : AuthenticationHandler<AuthenticationSchemeOptions>(options, loggers, encoder)
    {
        protected override Task<AuthenticateResult> HandleAuthenticateAsync()
        {
            var parts = Request.Headers.Authorization.ToString().Replace("Bearer ", "", StringComparison.Ordinal).Split('.');
            if (parts.Length != 3)
            {
                return Task.FromResult(AuthenticateResult.NoResult());
            }
            var expected = HMACSHA256.HashData(Key, Encoding.ASCII.GetBytes($"{parts[0]}.{parts[1]}"));
            if (!CryptographicOperations.FixedTimeEquals(expected, Base64Url.DecodeFromChars(parts[2])))
            {
                return Task.FromResult(AuthenticateResult.Fail("The signature is not ours."));
            }
            using var claims = JsonDocument.Parse(Base64Url.DecodeFromChars(parts[1]));
            var identity = new ClaimsIdentity([new Claim("sub", claims.RootElement.GetProperty("sub").GetString()!)], Scheme.Name);
            return Task.FromResult(AuthenticateResult.Success(new AuthenticationTicket(new ClaimsPrincipal(identity), Scheme.Name)));
        }
    }
}
