using System.Buffers.Binary;
using Microsoft.Extensions.Logging;

namespace Ingest.Intake.Keys;

/// <summary>
/// Remembers what the verifier said of tokens. One question at a time for a token, however many ask; a bounded number for all. While the
/// verifier fails, what was good before goes on being good for a while. Any thread.
/// </summary>
/// <param name="ask">Asks the verifier; throws what it likes when there is no answer.</param>
/// <param name="options">The times.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">For failures.</param>
/// <param name="owned">What asking needs, disposed with this; or null.</param>
internal sealed class TokenIntrospection(
    Func<string, CancellationToken, Task<IntrospectedToken?>> ask,
    IntakeOptions options,
    TimeProvider time,
    ILogger logger,
    IDisposable? owned = null) : IDisposable
{
    /// <summary>Tokens remembered; the oldest goes first.</summary>
    internal const int TokensMax = 10_000;

    /// <summary>Questions at once: made-up tokens must not bring the verifier down.</summary>
    internal const int QuestionsMax = 32;

    // Who knows that a token is unknown may soon be wrong: it may have been issued in the meantime.
    private static readonly TimeSpan NegativeTtlMax = TimeSpan.FromSeconds(10);

    private readonly Lock _lock = new();
    private readonly Dictionary<UInt128, Answer> _answers = [];
    private readonly Queue<UInt128> _order = new();
    private readonly CancellationTokenSource _ended = new();
    private int _questions;

    /// <summary>What is known of the token. False: it has to be asked for.</summary>
    internal bool TryGet(ReadOnlySpan<byte> digest, out Producer? producer)
    {
        lock (_lock)
        {
            var known = _answers.TryGetValue(BinaryPrimitives.ReadUInt128LittleEndian(digest), out var answer) && IsFresh(answer);
            producer = known ? answer!.Producer : null;
            return known;
        }
    }

    /// <summary>Asks the issuer about a token.</summary>
    internal Task<Verification> AskAsync(ReadOnlyMemory<byte> digest, string token)
    {
        var id = BinaryPrimitives.ReadUInt128LittleEndian(digest.Span);
        lock (_lock)
        {
            if (!_answers.TryGetValue(id, out var answer))
            {
                answer = AddNeedsLock(id);
            }
            if (IsFresh(answer))
            {
                return Task.FromResult(new Verification(answer.Producer));
            }
            if (answer.Question is { IsCompleted: false } running)
            {
                return running;
            }
            if (_questions == QuestionsMax)
            {
                return Task.FromResult(SettleNeedsLock(answer, "Too many tokens are being verified at once."));
            }
            _questions++;
            return answer.Question = RefreshAsync(answer, token);
        }
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        owned?.Dispose();
    }

    private async Task<Verification> RefreshAsync(Answer answer, string token)
    {
        // The lock is held by the caller: nothing of the question runs under it.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var timeout = new CancellationTokenSource(options.IntrospectionTimeout, time);
            using var deadline = CancellationTokenSource.CreateLinkedTokenSource(_ended.Token, timeout.Token);
            var found = await ask(token, deadline.Token);
            lock (_lock)
            {
                _questions--;
                NoteNeedsLock(answer, found);
                return new Verification(answer.Producer);
            }
        }
        catch (Exception e)
        {
            // Whatever went wrong between here and there, there is no answer.
            Log.IntrospectionFailed(logger, e.Message);
            lock (_lock)
            {
                _questions--;
                return SettleNeedsLock(answer, "Who verifies tokens does not answer.");
            }
        }
    }

    private void NoteNeedsLock(Answer answer, IntrospectedToken? found)
    {
        var ttl = found is null ? Min(options.IntrospectionTtl, NegativeTtlMax) : options.IntrospectionTtl;
        if (found?.ExpiresIn is { } left)
        {
            ttl = Min(ttl, left);
        }
        answer.Producer = found?.Producer;
        (answer.Asked, answer.Ttl, answer.IsKnown) = (time.GetTimestamp(), ttl, true);
    }

    /// <summary>The stale answer, if it was a good one and is not too old.</summary>
    private Verification SettleNeedsLock(Answer answer, string failure)
    {
        var serves = answer is { IsKnown: true, Producer: not null }
            && time.GetElapsedTime(answer.Asked) < answer.Ttl + options.IntrospectionStaleMax;
        return serves ? new Verification(answer.Producer) : new Verification(null, failure);
    }

    private Answer AddNeedsLock(UInt128 id)
    {
        if (_order.Count == TokensMax)
        {
            _answers.Remove(_order.Dequeue());
        }
        _order.Enqueue(id);
        return _answers[id] = new Answer();
    }

    private bool IsFresh(Answer answer) => answer.IsKnown && time.GetElapsedTime(answer.Asked) < answer.Ttl;

    private static TimeSpan Min(TimeSpan one, TimeSpan other) => one < other ? one : other;

    /// <summary>Under the lock.</summary>
    private sealed class Answer
    {
        internal bool IsKnown { get; set; }

        internal Producer? Producer { get; set; }

        internal long Asked { get; set; }

        internal TimeSpan Ttl { get; set; }

        internal Task<Verification>? Question { get; set; }
    }
}

/// <summary>What came of a question.</summary>
/// <param name="Producer">Whose the token is; null when it is no producer's, or that is not known.</param>
/// <param name="Failure">Why that is not known; null when it is.</param>
internal readonly record struct Verification(Producer? Producer, string? Failure = null);

/// <summary>A token the verifier knows.</summary>
/// <param name="Producer">Whose it is.</param>
/// <param name="ExpiresIn">How long it is good at most; null when that was not said.</param>
internal sealed record IntrospectedToken(Producer Producer, TimeSpan? ExpiresIn);
