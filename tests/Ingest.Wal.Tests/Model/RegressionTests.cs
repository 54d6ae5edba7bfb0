using Ingest.Simulation.Disk;
using Ingest.Simulation.Model;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Tests.Model;

/// <summary>Histories that found something once, as short as they became. Written out, because a seed means another history as soon as the
/// generator changes.</summary>
public sealed class RegressionTests
{
    [Fact]
    public void A_group_whose_flush_failed_is_written_again_before_recovery_believes_the_page_cache() => AssertHolds(
        new WalAction.Append(24, 330, 300, 86, 6),
        new WalAction.Fail(DiskOperation.Flush, StorageFailure.Full, 1),
        new WalAction.Commit(410),
        new WalAction.Append(0, 35, 12, 3710, 113),
        new WalAction.CloseAndReopen(MarkClean: true));

    [Fact]
    public void The_folder_of_the_cursors_is_synced_again_when_its_first_sync_failed() => AssertHolds(
        new WalAction.Fail(DiskOperation.Sync, StorageFailure.Failed, 0),
        new WalAction.SaveCursor(0, 69, 0),
        new WalAction.SaveCursor(0, 12, 1));

    [Fact]
    public void A_segment_that_reclaim_renamed_is_gone_also_when_the_sync_after_it_fails() => AssertHolds(
        new WalAction.Fail(DiskOperation.Sync, StorageFailure.Failed, 2),
        new WalAction.Append(1307, 2993),
        new WalAction.Append(4, 2152, 7),
        new WalAction.Append(3689, 11, 21, 1),
        new WalAction.Append(28, 37, 2322, 57),
        new WalAction.Commit(196),
        new WalAction.Reclaim(92, 0),
        new WalAction.Read(0, 15));

    /// <summary>Under every style of crash, and with several disks, because what a crash keeps is decided by the seed.</summary>
    private static void AssertHolds(params WalAction[] history)
    {
        foreach (var style in Enum.GetValues<CrashStyle>())
        {
            for (var seed = 0; seed < 50; seed++)
            {
                new LogHistory(seed).Run([.. history, new WalAction.Crash(style, seed), new WalAction.Verify()]);
            }
        }
    }
}
