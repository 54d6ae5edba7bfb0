using Ingest.Health.Disk;

namespace Ingest.Tests.Health.Disk;

public sealed class DiskHysteresisTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly DiskHysteresis _disk = new(100, 200, TimeSpan.FromSeconds(5));

    [Fact]
    public void It_refuses_below_the_low_mark_at_once_and_accepts_from_the_high_one()
    {
        Assert.Equal(DiskState.Good, After(1, 100));
        Assert.Equal(DiskState.Refusing, After(2, 99));
        Assert.Equal(DiskState.Refusing, After(10, 199));
        Assert.Equal(DiskState.Good, After(11, 200));
        Assert.Equal(DiskState.Good, After(12, 100));
    }

    [Fact]
    public void It_accepts_again_only_after_the_dwell()
    {
        After(1, 0);
        Assert.Equal(DiskState.Refusing, After(5, 1000));
        Assert.Equal(DiskState.Good, After(6, 1000));
        Assert.Equal(DiskState.Refusing, After(7, 0));
    }

    [Fact]
    public void What_cannot_be_told_changes_nothing()
    {
        Assert.Equal(DiskState.Good, After(1, null));
        After(2, 0);
        Assert.Equal(DiskState.Refusing, After(100, null));
    }

    [Fact]
    public void A_mark_of_zero_never_refuses()
    {
        var disk = new DiskHysteresis(0, 0, TimeSpan.Zero);
        disk.Observe(Second, 0);
        Assert.Equal(DiskState.Good, disk.State);
    }

    [Fact]
    public void Free_space_is_that_of_the_directory_and_unknown_where_there_is_none()
    {
        var (free, total) = FreeSpace.Read(Path.GetTempPath());
        Assert.InRange(free!.Value, 1, total!.Value);
        Assert.Equal((null, null), FreeSpace.Read("/no/such/directory"));
        Assert.Equal((null, null), FreeSpace.Read(""));
    }

    private DiskState After(int second, long? free)
    {
        _disk.Observe(second * Second, free);
        return _disk.State;
    }
}
