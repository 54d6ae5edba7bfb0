using System.Text.Json;
using Ingest.Sinks.Files;
using Ingest.Testing;
using Ingest.Wal.Storage;

namespace Ingest.Tests.Sinks.File;

/// <summary>Notes lie on disks for years: what one version wrote, the next one reads.</summary>
public sealed class CheckedNoteTests : IDisposable
{
    private const string Name = ".rewound";

    // The check was computed apart, bit by bit.
    private const string Text =
        "{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3,\"next\":1842,\"check\":\"231182bd\"}";

    private static readonly OutputRewind Content = new(Guid.Parse("00112233-4455-6677-8899-aabbccddeeff"), 3, 1842);

    private readonly TemporaryDirectory _files = new();
    private readonly IWalDirectory _directory;

    public CheckedNoteTests() => _directory = WalDirectory.Open(_files.Path);

    public void Dispose()
    {
        _directory.Dispose();
        _files.Dispose();
    }

    [Fact]
    public void A_note_is_written_as_it_always_was()
    {
        CheckedNote.Write(_directory, "", Name, Content, OutputJson.Default.OutputRewind);

        Assert.Equal(Text, System.IO.File.ReadAllText(_files[Name]));
    }

    [Theory]
    [InlineData(Text)]
    [InlineData("{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3,\"next\":1842}")]
    public void A_note_of_an_earlier_version_is_read_with_a_check_and_without(string text) => Assert.Equal(Content, Read(text));

    [Theory]
    [InlineData("{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3,\"next\":1843,\"check\":\"231182bd\"}")]
    [InlineData("{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3,\"next\":1842,\"check\":\"231182be\"}")]
    [InlineData("{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3,\"next\":1842,\"check\":\"231182bd\"")]
    [InlineData("{\"log\":\"00112233-4455-6677-8899-aabbccddeeff\",\"rewinds\":3")]
    public void A_note_that_is_not_as_it_was_written_is_not_believed(string text) => Assert.ThrowsAny<JsonException>(() => Read(text));

    [Fact]
    public void Where_no_note_was_written_there_is_none() =>
        Assert.Null(CheckedNote.Read(_directory, "", Name, OutputJson.Default.OutputRewind));

    private OutputRewind? Read(string text)
    {
        System.IO.File.WriteAllText(_files[Name], text);
        return CheckedNote.Read(_directory, "", Name, OutputJson.Default.OutputRewind);
    }
}
