using System.Text;
using Ingest.Hosting.Lifecycle.Marks;
using Ingest.Tests.Queue;
using Ingest.Tests.Sinks.File;
using Ingest.Wal.Storage;

namespace Ingest.Tests.Hosting;

/// <summary>A file of marks and its cursor: what is believed of them, and what faults of the disk do.</summary>
public sealed class MarksFileTests : IDisposable
{
    private const string Name = "marks";

    private readonly QueueFixture _queue;

    // Asked before every operation on the disk.
    private Func<string, string, bool> _fails = (_, _) => false;

    public MarksFileTests() => _queue = new QueueFixture(disk: real => new FailingDirectory(real)
    {
        Fail = (operation, name) => _fails(operation, name) ? new StorageException(StorageFailure.Failed, "Input/output error", 5) : null,
    });

    private string Location => Path.Combine(_queue.Directory.Path, Name);

    public void Dispose() => _queue.Dispose();

    [Fact]
    public async Task After_faults_that_hit_the_cursor_twice_in_a_row_a_healthy_disk_takes_saves_again()
    {
        await StoreAsync(3);
        using (var file = Open())
        {
            Assert.Equal(MarksFound.Known, Read(file));
            Save(file, "one", 1);
            _fails = (_, name) => name.Contains("cursors", StringComparison.Ordinal);
            Assert.Throws<StorageException>(() => Save(file, "two", 2));
            Assert.Throws<StorageException>(() => Save(file, "two", 2));
            Assert.Throws<StorageException>(() => file.Move(2));
            Assert.Equal(1, file.Through);

            _fails = (_, _) => false;
            Save(file, "three", 2);
            file.Move(3);
            Assert.Equal(3, file.Through);
        }
        using var again = Open();
        Assert.Equal(MarksFound.Known, Read(again, "three"));
        Assert.Equal(3, again.Through);
    }

    [Fact]
    public async Task Nothing_is_taken_for_saved_before_the_file_is_read_nor_where_it_cannot_be_used()
    {
        await StoreAsync(2);
        Write("one", 2);
        await File.WriteAllTextAsync(Location, "damaged", TestContext.Current.CancellationToken);
        using var file = Open();
        Assert.Equal(0, file.Through);
        Assert.Equal(MarksFound.Damaged, Read(file, "one"));
        Assert.Equal((0, true), (file.Through, file.IsLost));
        Assert.True(File.Exists(Location + ".damaged"));

        Save(file, "two", 2);
        Assert.Equal((2, false), (file.Through, file.IsLost));
    }

    [Theory]
    [InlineData("open")]
    [InlineData("read")]
    public async Task A_file_that_cannot_be_read_is_tried_some_times_and_then_put_aside(string operation)
    {
        await StoreAsync(2);
        Write("one", 2);
        _fails = (failing, name) => failing == operation && name == Name;
        using var file = Open();
        for (var i = 1; i < MarksFile.TriesMax; i++)
        {
            Assert.Throws<StorageException>(() => { Read(file); });
        }
        Assert.Equal(MarksFound.Damaged, Read(file));
        Assert.Equal((0, true), (file.Through, file.IsLost));
        Assert.True(File.Exists(Location + ".damaged"));
    }

    [Fact]
    public async Task A_file_whose_content_throws_is_tried_some_times_and_then_put_aside()
    {
        await StoreAsync(2);
        Write("one", 2);
        using var file = Open();
        for (var i = 1; i < MarksFile.TriesMax; i++)
        {
            Assert.Throws<InvalidOperationException>(() => { file.Read(_ => throw new InvalidOperationException()); });
        }
        Assert.Equal(MarksFound.Damaged, file.Read(_ => throw new InvalidOperationException()));
        Assert.True(File.Exists(Location + ".damaged"));
    }

    [Fact]
    public async Task A_file_that_can_neither_be_read_nor_renamed_keeps_nobody_waiting()
    {
        await StoreAsync(2);
        Write("one", 2);
        _fails = (_, name) => name.StartsWith(Name, StringComparison.Ordinal);
        using var file = Open();
        for (var i = 1; i < MarksFile.TriesMax; i++)
        {
            Assert.Throws<StorageException>(() => { Read(file); });
        }
        Assert.Equal(MarksFound.Damaged, Read(file));
    }

    [Fact]
    public async Task Another_logs_file_is_put_aside_and_not_believed()
    {
        await StoreAsync(2);
        Write("one", 2);
        var content = await File.ReadAllBytesAsync(Location, TestContext.Current.CancellationToken);
        Assert.True(MarksHeader.TryRead(content, out var header));
        (header with { Log = Guid.NewGuid() }).Write(content);
        await File.WriteAllBytesAsync(Location, content, TestContext.Current.CancellationToken);

        using var file = Open();
        Assert.Equal(MarksFound.Foreign, Read(file, "one"));
        Assert.Equal((0, true), (file.Through, file.IsLost));
        Assert.True(File.Exists(Location + ".foreign"));
    }

    [Fact]
    public async Task A_file_of_an_earlier_build_is_believed_unless_its_cursor_is_another_logs()
    {
        await StoreAsync(2);
        using var other = new QueueFixture();
        await other.Queue.SubmitAsync(QueueFixture.Batch("1"), "s", TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Location, "one", TestContext.Current.CancellationToken);
        using (var cursor = _queue.Log.OpenCursor("_" + Name))
        {
            cursor.Save(2, [1]);
        }
        using (var file = Open())
        {
            Assert.Equal(MarksFound.Known, Read(file, "one"));
            Assert.Equal(2, file.Through);
        }

        using (var cursor = other.Log.OpenCursor("_" + Name))
        {
            cursor.Save(1, [1]);
        }
        var path = Path.Combine("cursors", "_" + Name + ".cursor");
        File.Copy(Path.Combine(other.Directory.Path, path), Path.Combine(_queue.Directory.Path, path), overwrite: true);
        using var replaced = Open();
        Assert.Equal(MarksFound.Foreign, Read(replaced, "one"));
        Assert.Equal(0, replaced.Through);
    }

    [Fact]
    public async Task Behind_an_older_file_than_the_cursor_speaks_of_the_log_is_read_from_where_the_file_ends()
    {
        await StoreAsync(3);
        Write("one", 1);
        var older = await File.ReadAllBytesAsync(Location, TestContext.Current.CancellationToken);
        using (var file = Open())
        {
            Read(file);
            Save(file, "two", 2);
            file.Move(3);
        }
        using (var file = Open())
        {
            Assert.Equal(MarksFound.Known, Read(file, "two"));
            Assert.Equal(3, file.Through);
        }
        await File.WriteAllBytesAsync(Location, older, TestContext.Current.CancellationToken);
        using var restored = Open();
        Assert.Equal(MarksFound.Known, Read(restored, "one"));
        Assert.Equal(1, restored.Through);
    }

    private static MarksFound Read(MarksFile file, string? expected = null) =>
        file.Read(content => expected is null || content.SequenceEqual(Encoding.UTF8.GetBytes(expected)));

    private static void Save(MarksFile file, string content, long through) =>
        file.Save((target, from) => target.Write(Encoding.UTF8.GetBytes(content), from), through);

    private MarksFile Open() => new(_queue.Directory, _queue.Log, Name);

    private void Write(string content, long through)
    {
        using var file = Open();
        Read(file);
        Save(file, content, through);
    }

    private async Task StoreAsync(int count)
    {
        var batch = QueueFixture.Batch([.. Enumerable.Repeat("1", count)]);
        await _queue.Queue.SubmitAsync(batch, "s", TestContext.Current.CancellationToken);
    }
}
