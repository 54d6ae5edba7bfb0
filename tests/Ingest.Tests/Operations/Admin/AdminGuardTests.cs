using Ingest.Operations.Admin;
using Microsoft.AspNetCore.Http;

namespace Ingest.Tests.Operations.Admin;

public sealed class AdminGuardTests
{
    private const string Token = "0123456789abcdef";

    [Theory]
    [InlineData("Bearer 0123456789abcdef", null)]
    [InlineData("bearer 0123456789abcdef ", null)]
    [InlineData("", "unauthenticated")]
    [InlineData("Bearer ", "unauthenticated")]
    [InlineData("Bearer 0123456789abcdeF", "unauthenticated")]
    [InlineData("Bearer 0123456789abcdef0", "unauthenticated")]
    [InlineData("Basic 0123456789abcdef", "unauthenticated")]
    [InlineData("0123456789abcdef", "unauthenticated")]
    public void Only_the_right_token_gets_in(string authorization, string? refusal)
    {
        var request = Request("GET", "127.0.0.1:8081", ("Authorization", authorization));

        Assert.Equal(refusal, new AdminGuard(new AdminOptions { Token = Token }).Check(request, needsToken: true)?.Code);
    }

    [Fact]
    public void Without_a_token_set_none_is_asked_for_and_what_is_public_needs_none()
    {
        Assert.Null(new AdminGuard(new AdminOptions()).Check(Request("GET", "localhost:8081"), needsToken: true));
        Assert.Null(new AdminGuard(new AdminOptions { Token = Token }).Check(Request("GET", "localhost:8081"), needsToken: false));
    }

    [Theory]
    [InlineData("localhost:8081", true)]
    [InlineData("LOCALHOST", true)]
    [InlineData("127.0.0.1:8081", true)]
    [InlineData("[::1]:8081", true)]
    [InlineData("10.1.2.3:8081", true)]
    [InlineData("", true)]
    [InlineData("node-1:8081", true)]
    [InlineData("evil.example:8081", false)]
    [InlineData("localhost.evil.example", false)]
    [InlineData("127.0.0.1.evil.example", false)]
    public void A_name_that_somebody_else_may_point_here_is_refused(string host, bool allowed)
    {
        var problem = new AdminGuard(new AdminOptions { Hosts = ["node-1"] }).Check(Request("GET", host), needsToken: true);

        Assert.Equal(allowed, problem is null);
        Assert.Null(new AdminGuard(new AdminOptions { Hosts = ["*"] }).Check(Request("GET", host), needsToken: true));
    }

    [Theory]
    [InlineData("POST", "", "", true)]
    [InlineData("POST", "http://127.0.0.1:8081", "same-origin", true)]
    [InlineData("POST", "http://127.0.0.1:9999", "", false)]
    [InlineData("POST", "https://evil.example", "cross-site", false)]
    [InlineData("POST", "null", "cross-site", false)]
    [InlineData("POST", "", "cross-site", false)]
    [InlineData("POST", "", "same-site", false)]
    [InlineData("DELETE", "", "cross-site", false)]
    [InlineData("GET", "", "cross-site", true)]
    [InlineData("GET", "", "none", true)]
    [InlineData("GET", "https://evil.example", "", false)]
    public void Other_peoples_pages_cannot_use_the_operators_browser(string method, string origin, string site, bool allowed)
    {
        var request = Request(method, "127.0.0.1:8081", ("Origin", origin), ("Sec-Fetch-Site", site));

        Assert.Equal(allowed, new AdminGuard(new AdminOptions()).Check(request, needsToken: true) is null);
    }

    private static HttpRequest Request(string method, string host, params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        context.Request.Method = method;
        context.Request.Host = new HostString(host);
        foreach (var (name, value) in headers.Where(header => header.Value.Length > 0))
        {
            context.Request.Headers[name] = value;
        }
        return context.Request;
    }
}
