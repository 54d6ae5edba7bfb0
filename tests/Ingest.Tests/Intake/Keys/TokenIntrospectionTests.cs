using System.Text;
using System.Text.Json;
using Ingest.Intake;
using Ingest.Intake.Keys;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Intake.Keys;

/// <summary>Answers about tokens are remembered, asked for once, and outlive a verifier that fails.</summary>
public sealed class TokenIntrospectionTests : IDisposable
{
    private static readonly byte[] Digest = [.. Enumerable.Range(0, 32).Select(value => (byte)value)];

    private readonly FakeTime _time = new();
    private readonly IntakeOptions _options = new();
    private readonly TokenIntrospection _introspection;
    private Func<Task<IntrospectedToken?>> _answer = () => Task.FromResult<IntrospectedToken?>(new(new Producer("p"), null));
    private int _asked;

    public TokenIntrospectionTests() => _introspection = new TokenIntrospection(
        (_, cancel) =>
        {
            Interlocked.Increment(ref _asked);
            return _answer().WaitAsync(cancel);
        },
        _options,
        _time,
        NullLogger.Instance);

    [Fact]
    public async Task An_answer_is_good_for_its_time_and_asked_for_again_after_it()
    {
        Assert.Equal("p", (await AskAsync()).Producer?.Name);
        _time.Advance(_options.IntrospectionTtl - TimeSpan.FromSeconds(1));
        Assert.True(_introspection.TryGet(Digest, out var known));
        Assert.Equal("p", known?.Name);
        await AskAsync();
        Assert.Equal(1, _asked);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.False(_introspection.TryGet(Digest, out _));
        await AskAsync();
        Assert.Equal(2, _asked);
    }

    [Fact]
    public async Task However_many_ask_one_question_is_put()
    {
        var answer = new TaskCompletionSource<IntrospectedToken?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = () => answer.Task;
        var asking = Enumerable.Range(0, 100).Select(_ => AskAsync()).ToList();
        await Poll.Until("the question is put", () => _asked > 0);
        answer.SetResult(new(new Producer("p"), null));
        Assert.All(await Task.WhenAll(asking), answered => Assert.Equal("p", answered.Producer?.Name));
        Assert.Equal(1, _asked);
    }

    [Fact]
    public async Task While_the_verifier_fails_a_good_answer_goes_on_serving_for_a_while()
    {
        await AskAsync();
        _answer = () => throw new HttpRequestException("refused");
        _time.Advance(_options.IntrospectionTtl);
        Assert.Equal("p", (await AskAsync()).Producer?.Name);
        _time.Advance(_options.IntrospectionStaleMax);
        var late = await AskAsync();
        Assert.Null(late.Producer);
        Assert.NotNull(late.Failure);
    }

    [Fact]
    public async Task A_verifier_that_hangs_is_one_that_fails()
    {
        _answer = () => new TaskCompletionSource<IntrospectedToken?>(TaskCreationOptions.RunContinuationsAsynchronously).Task;
        var asking = AskAsync();
        await Poll.Until("the question is put", () => _asked == 1 && _time.ArmedTimers == 1);
        _time.Advance(_options.IntrospectionTimeout);
        Assert.NotNull((await asking).Failure);
    }

    [Fact]
    public async Task An_unknown_token_is_remembered_briefly_and_not_served_stale()
    {
        _answer = () => Task.FromResult<IntrospectedToken?>(null);
        Assert.Equal(default, await AskAsync());
        Assert.True(_introspection.TryGet(Digest, out var unknown));
        Assert.Null(unknown);
        _time.Advance(TimeSpan.FromSeconds(10));
        Assert.False(_introspection.TryGet(Digest, out _));
        _answer = () => throw new HttpRequestException("refused");
        Assert.NotNull((await AskAsync()).Failure);
    }

    [Fact]
    public async Task A_token_is_good_no_longer_than_it_lives()
    {
        _answer = () => Task.FromResult<IntrospectedToken?>(new(new Producer("p"), TimeSpan.FromSeconds(5)));
        await AskAsync();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.False(_introspection.TryGet(Digest, out _));
    }

    [Fact]
    public async Task Made_up_tokens_do_not_bring_the_verifier_down_and_are_forgotten()
    {
        var never = new TaskCompletionSource<IntrospectedToken?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _answer = () => never.Task;
        var asking = Enumerable.Range(0, TokenIntrospection.QuestionsMax + 10).Select(number => AskAsync(number)).ToList();
        Assert.All(await Task.WhenAll(asking.Skip(TokenIntrospection.QuestionsMax)), refused => Assert.NotNull(refused.Failure));
        await Poll.Until("all questions are put", () => _asked == TokenIntrospection.QuestionsMax);
        never.SetResult(null);
        await Task.WhenAll(asking);

        for (var number = 0; number < TokenIntrospection.TokensMax; number++)
        {
            await AskAsync(1_000_000 + number);
        }
        Assert.False(_introspection.TryGet(DigestOf(0), out _));
    }

    [Theory]
    [InlineData("""{"active":true,"client_id":"c","sub":"s","scope":"ingest"}""", "c", "")]
    [InlineData("""{"active":true,"sub":"s","scope":"openid ingest:orders ingest:a.b"}""", "s", "a.b,orders")]
    [InlineData("""{"active":true,"username":"u","exp":1795219201}""", "u", "none")]
    [InlineData("""{"active":false,"client_id":"c","scope":"ingest"}""", null, "")]
    [InlineData("""{"active":"true","scope":"ingest"}""", null, "")]
    [InlineData("""{"active":true,"scope":"ingest","exp":1795219200}""", null, "")]
    [InlineData("[]", null, "")]
    public void Answers_are_read_as_the_standard_has_them(string json, string? name, string streams)
    {
        var now = DateTimeOffset.FromUnixTimeSeconds(1795219200);
        var token = IntrospectionClient.Read(JsonDocument.Parse(json).RootElement, now);
        Assert.Equal(name, token?.Producer.Name);
        if (token is not null)
        {
            Assert.Equal(streams.Length == 0, token.Producer.Streams is null);
            var named = token.Producer.Streams?.Order() ?? Enumerable.Empty<string>();
            Assert.Equal(streams is "none" ? "" : streams, string.Join(',', named));
        }
    }

    public void Dispose() => _introspection.Dispose();

    private static byte[] DigestOf(int number) => [.. Encoding.ASCII.GetBytes($"{number,-32}")];

    private Task<Verification> AskAsync(int? number = null) =>
        _introspection.AskAsync(number is null ? Digest : DigestOf(number.Value), "token");
}
