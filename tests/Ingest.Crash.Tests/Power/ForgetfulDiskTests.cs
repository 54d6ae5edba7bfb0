using System.Text;
using Ingest.Wal.Storage;

namespace Ingest.Crash.Tests.Power;

/// <summary>The file system that forgets is tried itself: what it keeps and what it loses, by the calls that the log makes.</summary>
public sealed class ForgetfulDiskTests
{
    private const int FileBytes = 64 * 1024;
    private const int SectorBytes = 512;

    [Theory]
    [InlineData(Names.Strict)]
    [InlineData(Names.Journal)]
    public async Task What_was_not_flushed_is_gone_and_what_was_flushed_is_there(Names names)
    {
        await using var disk = await ForgetfulDisk.MountAsync(names);
        using (var directory = WalDirectory.Open(disk.Path))
        using (var file = directory.Create("file"))
        {
            file.Write("flushed"u8, 0);
            file.Flush();
            directory.Sync();
            file.Write("FORGOTTEN"u8, 0);
            Assert.Equal("FORGOTTEN", Text(directory, "file"));
        }
        var loss = await disk.CutAsync(Kept.Nothing, seed: 1);
        await disk.RemountAsync();

        using var next = WalDirectory.Open(disk.Path);
        Assert.Equal("flushed", Text(next, "file"));
        Assert.True(loss is { SectorsLost: > 0, SizesLost: > 0 }, loss.ToString());
    }

    [Theory]
    [InlineData(Names.Strict, false, "old")]
    [InlineData(Names.Strict, true, "new")]
    [InlineData(Names.Journal, false, "old")]
    [InlineData(Names.Journal, true, "new")]
    public async Task A_rename_is_durable_once_its_directory_was_synced(Names names, bool isSynced, string expected)
    {
        await using var disk = await ForgetfulDisk.MountAsync(names);
        using (var directory = WalDirectory.Open(disk.Path))
        {
            Write(directory, "name", "old");
            Write(directory, "aside", "new");
            directory.Sync();
            directory.Rename("aside", "name");
            if (isSynced)
            {
                directory.Sync();
            }
            Assert.Equal("new", Text(directory, "name"));
        }
        await disk.CutAsync(Kept.Nothing, seed: 1);
        await disk.RemountAsync();

        using var next = WalDirectory.Open(disk.Path);
        Assert.Equal(expected, Text(next, "name"));
        Assert.Equal(!isSynced, next.List().Contains("aside"));
    }

    [Theory]
    [InlineData(Names.Strict, false)]
    [InlineData(Names.Journal, true)]
    public async Task A_flushed_file_whose_directory_was_not_synced_is_there_with_a_journal_only(Names names, bool isThere)
    {
        await using var disk = await ForgetfulDisk.MountAsync(names);
        using (var directory = WalDirectory.Open(disk.Path))
        {
            Write(directory, "file", "flushed");
        }
        await disk.CutAsync(Kept.Nothing, seed: 1);
        await disk.RemountAsync();

        using var next = WalDirectory.Open(disk.Path);
        Assert.Equal(isThere, next.List().Contains("file"));
    }

    [Fact]
    public async Task Some_sectors_are_kept_some_are_lost_and_some_are_torn()
    {
        await using var disk = await ForgetfulDisk.MountAsync(Names.Strict);
        using (var directory = WalDirectory.Open(disk.Path))
        using (var file = directory.Create("file"))
        {
            file.Write(Filled('o'), 0);
            file.Flush();
            directory.Sync();
            file.Write(Filled('n'), 0);
        }
        await disk.CutAsync(Kept.Any, seed: 1);
        await disk.RemountAsync();

        using var next = WalDirectory.Open(disk.Path);
        using var kept = next.Open("file", writable: false);
        var bytes = new byte[FileBytes];
        Assert.Equal(FileBytes, kept.Read(bytes, 0));
        var kinds = bytes.Chunk(SectorBytes).CountBy(sector => new string([.. sector.Distinct().Order().Select(value => (char)value)]));
        Assert.Equal(["n", "no", "o"], kinds.Select(kind => kind.Key).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_cut_comes_in_the_middle_of_the_call_it_was_asked_for_and_every_later_call_fails()
    {
        await using var disk = await ForgetfulDisk.MountAsync(Names.Strict);
        using (var directory = WalDirectory.Open(disk.Path))
        using (var file = directory.Create("file"))
        {
            await disk.CutAtAsync(Call.Flush, 3, Kept.Nothing, seed: 1);
            file.Write("1"u8, 0);
            file.Flush();
            directory.Sync();
            file.Write("2"u8, 0);

            Assert.Throws<StorageException>(file.Flush);
            await disk.LossAsync(TimeSpan.FromSeconds(10));
            Assert.Throws<StorageException>(() => file.Write("3"u8, 0));
            Assert.ThrowsAny<StorageException>(() => directory.Create("other"));
        }
        await disk.RemountAsync();

        using var next = WalDirectory.Open(disk.Path);
        Assert.Equal("1", Text(next, "file"));
    }

    private static byte[] Filled(char value) => [.. Enumerable.Repeat((byte)value, FileBytes)];

    private static void Write(IWalDirectory directory, string name, string text)
    {
        using var file = directory.Create(name);
        file.Write(Encoding.ASCII.GetBytes(text), 0);
        file.Flush();
    }

    private static string Text(IWalDirectory directory, string name)
    {
        using var file = directory.Open(name, writable: false);
        var bytes = new byte[file.Length];
        return Encoding.ASCII.GetString(bytes.AsSpan(0, file.Read(bytes, 0)));
    }
}
