using Ingest.Drain;
using Ingest.Hosting.Lifecycle;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Hosting;

public sealed class ExitDeadlineTests
{
    private readonly FakeTime _time = new();
    private readonly DrainOptions _options = new();
    private readonly List<int> _exits = [];

    [Fact]
    public void A_process_that_was_told_to_end_ends_after_every_wait_of_a_drain_at_the_latest()
    {
        using var deadline = New();
        _time.Advance(TimeSpan.FromHours(1));
        deadline.Begin();
        _time.Advance(_options.Total);
        // A second signal does not begin anew.
        deadline.Begin();
        Assert.Empty(_exits);
        _time.Advance(ExitDeadline.Margin);
        Assert.Equal([4], _exits);
    }

    [Fact]
    public void A_process_that_ends_by_itself_is_left_alone()
    {
        using (var deadline = New())
        {
            deadline.Begin();
        }
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Empty(_exits);
    }

    [Fact]
    public void Service_managers_wait_longer_than_the_deadline()
    {
        Assert.True(_options.Total + ExitDeadline.Margin < TimeSpan.FromSeconds(60));
    }

    private ExitDeadline New() => new(_options, _time, NullLogger.Instance, _exits.Add);
}
