using Ingest.Queue;

namespace Ingest.Tests.Queue;

public sealed class CommitPriorityTests
{
    private const string NeedsTheRight = "needs the right to go before others: root, CAP_SYS_NICE or RLIMIT_NICE";

    [Fact]
    public void The_thread_that_commits_goes_before_the_others()
    {
        var (before, after) = OnThread(CommitPriority.Raise);
        Assert.SkipWhen(after == before, NeedsTheRight);
        Assert.Equal(before - 5, after);
    }

    [Fact]
    public void What_it_starts_gives_its_place_back()
    {
        var inherited = 0;
        var (before, kept) = OnThread(() =>
        {
            CommitPriority.Raise();
            (inherited, var given) = OnThread(CommitPriority.GiveBack);
            Assert.Equal(CommitPriority.Of(Environment.ProcessId), given);
        });
        Assert.SkipWhen(inherited == before, NeedsTheRight);
        Assert.Equal((before - 5, before - 5), (inherited, kept));
    }

    [Fact]
    public void A_thread_that_never_had_it_keeps_its_own()
    {
        var (before, after) = OnThread(CommitPriority.GiveBack);
        Assert.Equal(before, after);
    }

    private static (int Before, int After) OnThread(Action act)
    {
        var (before, after) = (0, 0);
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            before = CommitPriority.Of(0);
            failure = Record.Exception(act);
            after = CommitPriority.Of(0);
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
        return (before, after);
    }
}
