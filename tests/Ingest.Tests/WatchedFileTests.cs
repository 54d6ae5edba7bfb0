using System.Text;
using Ingest.Testing;

namespace Ingest.Tests;

/// <summary>A value is as new as its file, and never worse than it was.</summary>
public sealed class WatchedFileTests
{
    private readonly FakeTime _time = new();
    private readonly List<string> _told = [];
    private string? _content = "1";
    private Exception? _unreadable;
    private int _parsed;

    private WatchedFile<string> New() => new(Read, Parse, _time)
    {
        Changed = value => _told.Add($"changed {value}"),
        Kept = reason => _told.Add($"kept: {reason.Message}"),
    };

    [Fact]
    public void It_is_parsed_once_for_each_content_and_looked_at_once_in_an_interval()
    {
        var file = New();
        Assert.Equal("1", file.Fresh);
        _content = "2";
        Assert.Equal("1", file.Fresh);
        _time.Advance(WatchedFile<string>.LookInterval);
        Assert.Equal(("2", "2"), (file.Fresh, file.Value));
        _time.Advance(WatchedFile<string>.LookInterval);
        Assert.Equal("2", file.Fresh);
        Assert.Equal(2, _parsed);
        Assert.Equal(["changed 2"], _told);
    }

    [Fact]
    public void What_is_distrusted_is_looked_at_the_next_time()
    {
        var file = New();
        Assert.Equal("1", file.Fresh);
        _content = "2";
        file.Distrust();
        Assert.Equal("2", file.Fresh);
    }

    [Fact]
    public void Content_that_cannot_be_used_leaves_the_value_and_is_told_once_for_each()
    {
        var file = New();
        file.Load();
        _content = "wrong";
        Assert.False(file.Look());
        Assert.False(file.Look());
        Assert.Equal(("1", "wrong"), (file.Value, file.Error?.Message));
        _content = "wrong again";
        Assert.False(file.Look());
        _content = "1";
        Assert.True(file.Look());
        Assert.Null(file.Error);
        Assert.Equal(["kept: wrong", "kept: wrong again", "changed 1"], _told);
    }

    [Fact]
    public void A_file_that_cannot_be_read_is_told_once_until_it_can_and_what_was_wrong_with_it_then_still_is()
    {
        var file = New();
        file.Load();
        _content = "wrong";
        file.Look();
        _unreadable = new IOException("away");
        file.Look();
        file.Look();
        Assert.Equal("away", file.Error?.Message);
        _unreadable = null;
        file.Look();
        Assert.Equal(("1", "wrong"), (file.Value, file.Error?.Message));
        Assert.Equal(["kept: wrong", "kept: away"], _told);
    }

    [Fact]
    public void A_file_that_is_missing_once_is_unchanged_and_missing_twice_is_gone()
    {
        var file = New();
        file.Load();
        _content = null;
        Assert.False(file.Look());
        Assert.Equal("1", file.Value);
        Assert.True(file.Look());
        Assert.Equal("none", file.Value);
        Assert.False(file.Look());
    }

    [Fact]
    public void An_exception_of_any_kind_leaves_the_value_and_is_told()
    {
        var file = New();
        file.Load();
        _unreadable = new InvalidOperationException("a mistake in the code");
        Assert.False(file.Look());
        Assert.Equal("1", file.Value);
        Assert.Equal(["kept: a mistake in the code"], _told);
    }

    [Fact]
    public void The_first_value_cannot_be_done_without()
    {
        _unreadable = new IOException("away");
        var file = New();
        Assert.Throws<IOException>(() => file.Fresh);
        _unreadable = null;
        _content = "wrong";
        Assert.Throws<FormatException>(() => file.Fresh);
        _content = "1";
        Assert.Equal("1", file.Fresh);
        Assert.Empty(_told);
    }

    private byte[]? Read() =>
        _unreadable is not null ? throw _unreadable : _content is null ? null : Encoding.ASCII.GetBytes(_content);

    private string Parse(byte[]? content, string? before)
    {
        _parsed++;
        var text = content is null ? "none" : Encoding.ASCII.GetString(content);
        return text.StartsWith("wrong", StringComparison.Ordinal) ? throw new FormatException(text) : text;
    }
}
