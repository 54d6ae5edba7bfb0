using System.Runtime.Versioning;
using Ingest.Simulation.Disk;
using Ingest.Testing;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Tests.Storage;

/// <summary>A file that is replaced is the old one or the new one, wherever the power goes.</summary>
public sealed class AtomicFileTests
{
    private static readonly byte[] Old = [1, 2, 3];
    private static readonly byte[] New = [4, 5, 6, 7];

    [Fact]
    public void Power_that_goes_at_any_step_leaves_the_old_content_or_the_new()
    {
        for (var steps = 0; ; steps++)
        {
            var disk = new SimulatedDisk(seed: steps);
            using (var directory = disk.Mount())
            {
                AtomicFile.Write(directory, "note", Old);
                disk.Faults.CutPowerAfter(steps);
                try
                {
                    AtomicFile.Write(directory, "note", New);
                    Assert.True(steps >= 4, "Create, write, flush, rename and the folder's flush are steps of their own.");
                    return;
                }
                catch (PowerCutException)
                {
                    disk.Crash(CrashStyle.AnySubset, steps);
                }
            }
            using var after = disk.Mount();
            var content = AtomicFile.Read(after, "note");
            Assert.True(content.SequenceEqual(Old) || content.SequenceEqual(New), $"After {steps} steps: {Convert.ToHexString(content)}");
            AtomicFile.Write(after, "note", New);
            Assert.Equal(New, AtomicFile.Read(after, "note"));
        }
    }

    [Theory]
    [InlineData(DiskOperation.Create)]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.Flush)]
    [InlineData(DiskOperation.Rename)]
    public void A_step_that_fails_leaves_the_old_content_and_the_next_attempt_succeeds(DiskOperation step)
    {
        var disk = new SimulatedDisk(seed: 1);
        using var directory = disk.Mount();
        AtomicFile.Write(directory, "note", Old);
        disk.Faults.FailNext(step, StorageFailure.Failed);
        Assert.Throws<StorageException>(() => { AtomicFile.Write(directory, "note", New); });
        Assert.Equal(Old, AtomicFile.Read(directory, "note"));
        AtomicFile.Write(directory, "note", New);
        Assert.Equal(New, AtomicFile.Read(directory, "note"));
        Assert.Equal(["note"], directory.List());
    }

    [Theory]
    [InlineData(DiskOperation.Write)]
    [InlineData(DiskOperation.Flush)]
    public void A_file_written_bit_by_bit_that_finds_no_room_leaves_nothing_aside(DiskOperation step)
    {
        var disk = new SimulatedDisk(seed: 1);
        using var directory = disk.Mount();
        AtomicFile.Write(directory, "note", Old);
        disk.Faults.FailNext(step, StorageFailure.Full);
        Assert.Throws<StorageException>(() => AtomicFile.Write(directory, "note", file => file.Write(New, 0)));
        Assert.Equal(["note"], directory.List());
        Assert.Equal(Old, AtomicFile.Read(directory, "note"));
    }

    [Fact]
    [SupportedOSPlatform("linux")]
    public void An_ordinary_file_keeps_its_permissions_and_a_new_one_can_be_read_by_everyone()
    {
        const UnixFileMode Own = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using var temporary = new TemporaryDirectory();
        var path = temporary["note"];
        AtomicFile.Write(path, Old);
        Assert.Equal(Own | UnixFileMode.GroupRead | UnixFileMode.OtherRead, File.GetUnixFileMode(path));
        File.SetUnixFileMode(path, Own);
        AtomicFile.Write(path, New);
        Assert.Equal((Own, New.Length), (File.GetUnixFileMode(path), File.ReadAllBytes(path).Length));
        Assert.Equal([path], Directory.GetFiles(temporary.Path));
    }

    [Fact]
    public void A_file_that_is_not_there_is_empty()
    {
        using var directory = new SimulatedDisk(seed: 1).Mount();
        Assert.Empty(AtomicFile.Read(directory, "none"));
    }
}
