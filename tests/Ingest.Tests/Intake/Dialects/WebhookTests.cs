using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ingest.Intake.Dialects.Webhooks;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>Webhooks: signatures over the bytes, two secrets during a rotation, repeats by id, and handshakes.</summary>
public sealed class WebhookTests
{
    private const string Body = "{ \"id\":\"evt_1\",\"event_id\":\"E1\", \"n\":1}";
    private const string Secret = "first-secret";

    public static TheoryData<string> Schemes => ["standard", "github", "stripe", "shopify", "slack", "hmac"];

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task A_signed_body_is_stored_byte_for_byte_and_one_flipped_byte_is_refused(string scheme)
    {
        await using var server = await StartAsync(scheme, Secret);
        var headers = Sign(scheme, Body, Secret, Now);
        Assert.Equal(200, (await server.PostAsync("/v1/hooks/h", Body, headers)).Status);
        Assert.Equal([Body], server.Payloads);
        Assert.Equal("h", DialectServer.Stream(server.Queue.Events[0]));

        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", Body.Replace('1', '2'), headers)).Status);
        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", Body)).Status);
        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, "other", Now))).Status);
        Assert.Single(server.Queue.Events);
    }

    [Theory]
    [MemberData(nameof(Schemes))]
    public async Task Two_secrets_are_taken_during_a_rotation(string scheme)
    {
        await using var server = await StartAsync(scheme, "second-secret," + Secret);
        Assert.Equal(200, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, Secret, Now))).Status);
        Assert.Equal(200, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, "second-secret", Now))).Status);
    }

    [Theory]
    [InlineData("standard")]
    [InlineData("stripe")]
    [InlineData("slack")]
    public async Task An_old_signature_is_refused(string scheme)
    {
        await using var server = await StartAsync(scheme, Secret);
        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, Secret, Now - 301))).Status);
        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, Secret, Now + 400))).Status);
    }

    [Theory]
    [InlineData("standard")]
    [InlineData("github")]
    [InlineData("stripe")]
    [InlineData("shopify")]
    [InlineData("slack")]
    public async Task A_delivery_that_comes_again_is_stored_once(string scheme)
    {
        await using var server = await StartAsync(scheme, Secret);
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal(200, (await server.PostAsync("/v1/hooks/h", Body, Sign(scheme, Body, Secret, Now - i))).Status);
        }
        Assert.Single(server.Queue.Events);
    }

    [Fact]
    public async Task Slacks_challenge_is_answered_and_not_stored()
    {
        await using var server = await StartAsync("slack", Secret);
        const string challenge = "{\"type\":\"url_verification\",\"challenge\":\"a\\u0062c\"}";
        var answer = await server.PostAsync("/v1/hooks/h", challenge, Sign("slack", challenge, Secret, Now));
        Assert.Equal((200, "{\"challenge\":\"a\\u0062c\"}"), (answer.Status, answer.Body));
        Assert.Equal(401, (await server.PostAsync("/v1/hooks/h", challenge)).Status);
        Assert.Empty(server.Queue.Events);
    }

    [Fact]
    public async Task Event_Grids_validation_is_answered_and_its_events_are_stored()
    {
        await using var server = await StartAsync("key", "");
        var answer = await server.PostAsync(
            "/v1/hooks/h", "[{\"data\":{\"validationCode\":\"512d38b6\"}}]", ("aeg-event-type", "SubscriptionValidation"));
        Assert.Equal((200, "{\"validationResponse\":\"512d38b6\"}"), (answer.Status, answer.Body));
        Assert.Equal(200, (await server.PostAsync("/v1/hooks/h", "[{}]", ("aeg-event-type", "Notification"))).Status);
        Assert.Equal(["[{}]"], server.Payloads);
    }

    [Theory]
    [InlineData("eventemitter.example.com", "eventemitter.example.com")]
    [InlineData("other.example.com", null)]
    public async Task A_CloudEvents_sender_is_told_whether_it_may(string origin, string? allowed)
    {
        await using var server = await StartAsync("key", "");
        var answer = await server.SendAsync("OPTIONS", "/v1/hooks/h", [], null, ("WebHook-Request-Origin", origin));
        Assert.Equal((200, allowed), (answer.Status, answer.Header("WebHook-Allowed-Origin")));
    }

    [Fact]
    public async Task Forms_are_stored_as_they_are_with_the_headers_that_say_what_they_are()
    {
        await using var server = await StartAsync("github", Secret);
        const string form = "payload=%7B%7D";
        var answer = await server.SendAsync(
            "POST", "/v1/hooks/h", Encoding.ASCII.GetBytes(form), "application/x-www-form-urlencoded",
            [.. Sign("github", form, Secret, Now), ("X-GitHub-Event", "push")]);
        Assert.Equal(200, answer.Status);
        Assert.Equal("push", DialectServer.Attribute(server.Queue.Events[0], "x-github-event"));
        Assert.Equal("application/x-www-form-urlencoded", Encoding.ASCII.GetString(server.Queue.Events[0].ContentType));
    }

    private static long Now => TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();

    private static Task<DialectServer> StartAsync(string scheme, string secrets)
    {
        var options = new WebhooksDialectOptions { AdmissionWait = TimeSpan.Zero, Origins = ["eventemitter.example.com"] };
        options.Schemes["h"] = scheme;
        options.Secrets["h"] = secrets;
        return DialectServer.StartAsync(new WebhooksDialect(), options);
    }

    private static (string, string)[] Sign(string scheme, string body, string secret, long at)
    {
        var stamp = at.ToString(CultureInfo.InvariantCulture);
        byte[] Mac(string text) => HMACSHA256.HashData(Encoding.UTF8.GetBytes(secret), Encoding.UTF8.GetBytes(text));
        return scheme switch
        {
            "standard" =>
            [
                ("webhook-id", "msg_1"), ("webhook-timestamp", stamp),
                ("webhook-signature", "v1,AAAA v1," + Convert.ToBase64String(Mac($"msg_1.{stamp}.{body}"))),
            ],
            "github" => [("X-Hub-Signature-256", "sha256=" + Convert.ToHexStringLower(Mac(body))), ("X-GitHub-Delivery", "d-1")],
            "stripe" => [("Stripe-Signature", $"t={stamp},v1={Convert.ToHexStringLower(Mac($"{stamp}.{body}"))},v0=00")],
            "shopify" => [("X-Shopify-Hmac-Sha256", Convert.ToBase64String(Mac(body))), ("X-Shopify-Webhook-Id", "w-1")],
            "slack" =>
            [
                ("X-Slack-Request-Timestamp", stamp), ("X-Slack-Signature", "v0=" + Convert.ToHexStringLower(Mac($"v0:{stamp}:{body}"))),
            ],
            _ => [("X-Signature", Convert.ToHexStringLower(Mac(body)))],
        };
    }
}
