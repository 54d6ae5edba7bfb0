namespace Ingest.Testing;

/// <summary>Waits for a condition with a deadline, instead of sleeping and hoping.</summary>
public static class Poll
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(10);

    /// <summary>Returns when the condition holds; fails after the deadline (default 60 s) naming <paramref name="what"/>.</summary>
    public static async Task Until(string what, Func<bool> condition, TimeSpan? deadline = null) =>
        await Until(what, () => Task.FromResult(condition()), deadline);

    /// <inheritdoc cref="Until(string, Func{bool}, TimeSpan?)"/>
    public static async Task Until(string what, Func<Task<bool>> condition, TimeSpan? deadline = null)
    {
        var limit = deadline ?? TimeSpan.FromSeconds(60);
        var start = TimeProvider.System.GetTimestamp();
        while (!await condition())
        {
            if (TimeProvider.System.GetElapsedTime(start) > limit)
            {
                throw new TimeoutException($"Not within {limit}: {what}");
            }
            await Task.Delay(Pause, TimeProvider.System);
        }
    }
}
