using System.Text.Json;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Files;
using Ingest.Testing;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Sinks.File;

/// <summary>A file sink over a directory of its own, which a test can open again as after a restart.</summary>
internal sealed class FileSinkFixture : IAsyncDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private FileSink? _sink;

    internal FileSinkOptions Options { get; } = new();

    internal FakeTime Time { get; } = new();

    internal Guid LogId { get; set; } = Guid.Parse("0193a000-0000-7000-8000-000000000001");

    /// <summary>From this number on events are of a second epoch of the log.</summary>
    internal long SecondEpochFrom { get; init; } = long.MaxValue;

    internal Guid SecondEpoch { get; } = Guid.Parse("0193a000-0000-7000-8000-000000000002");

    internal FailingDirectory Disk { get; private set; } = null!;

    internal string Out => _directory["out"];

    internal FileSink Sink => _sink!;

    /// <summary>A sink's place beside the fixture's own.</summary>
    internal static SinkSetup Setup(params (string Key, string Value)[] settings) => new(
        "b", TestSettings.Section("Sinks:b", settings), "/", Guid.NewGuid(), TimeProvider.System, NullLoggerFactory.Instance);

    internal async Task<FileSinkFixture> OpenAsync()
    {
        if (_sink is not null)
        {
            await _sink.DisposeAsync();
        }
        var settings = new ConfigurationBuilder().Build().GetSection("Sinks:file");
        var setup = new SinkSetup("file", settings, _directory.Path, LogId, Time, NullLoggerFactory.Instance)
        {
            EpochOf = sequence => sequence < SecondEpochFrom ? LogId : SecondEpoch,
            LastOfEpoch = epoch => epoch == SecondEpoch ? long.MaxValue : epoch == LogId ? SecondEpochFrom - 1 : null,
        };
        _sink = new FileSink(setup, Options, () => Disk = new FailingDirectory(FileSinkFactory.OpenOutput(Out)));
        Assert.Equal(SinkVerdict.Delivered, await _sink.OpenAsync(TestContext.Current.CancellationToken));
        return this;
    }

    /// <summary>Drops the sink without telling it, as a crash does: no position is noted.</summary>
    internal async Task CrashAsync()
    {
        Disk.Fail = (operation, name) => new StorageException(StorageFailure.Failed, $"crashed: {operation} {name}");
        await _sink!.DisposeAsync();
        _sink = null;
    }

    internal async Task<SinkResult> SendAsync(EventBatch batch) => await Sink.SendAsync(batch, TestContext.Current.CancellationToken);

    internal async Task DeliverAsync(EventBatch batch) => Assert.Equal(SinkResult.Delivered, await SendAsync(batch));

    /// <summary>Output files of a stream, in order of name, without notes.</summary>
    internal string[] Files(string stream = "default") =>
        Directory.Exists(Path.Combine(Out, stream)) ? [.. Directory.GetFiles(Path.Combine(Out, stream), "*.ndjson").Order()] : [];

    internal string[] Names(string stream = "default") => [.. Files(stream).Select(path => Path.GetFileName(path))];

    internal string[] Lines(string stream = "default") => [.. Files(stream).SelectMany(System.IO.File.ReadAllLines)];

    /// <summary>Sequence numbers of all whole lines; a line that is no JSON fails the test.</summary>
    internal long[] Sequences(string stream = "default") => [.. Lines(stream).Select(SequenceOf)];

    public async ValueTask DisposeAsync()
    {
        if (_sink is not null)
        {
            await _sink.DisposeAsync();
        }
        _directory.Dispose();
    }

    private static long SequenceOf(string line)
    {
        using var json = JsonDocument.Parse(line);
        return json.RootElement.GetProperty("seq").GetInt64();
    }
}
