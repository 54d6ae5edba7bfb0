using Ingest.Sinks.Contract;
using Ingest.Sinks.Http;
using Ingest.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Makes HTTP sinks, and has a directory for the files they are told of.</summary>
internal sealed class HttpSinkFixture : IDisposable
{
    private static readonly Guid LogId = Guid.Parse("00112233-4455-6677-8899-aabbccddeeff");

    private readonly TemporaryDirectory _directory = new();

    /// <summary>The path of a file that a setting may name.</summary>
    internal string this[string name] => _directory[name];

    /// <summary>A sink that opened well.</summary>
    internal async Task<ISink> OpenAsync(HttpDownstream? server, params (string Key, string Value)[] settings)
    {
        var sink = Create(server, settings);
        Assert.Equal(SinkVerdict.Delivered, await sink.OpenAsync(TestContext.Current.CancellationToken));
        return sink;
    }

    /// <summary>A sink that sends to <paramref name="server"/>, if there is one; the settings come after that.</summary>
    internal ISink Create(HttpDownstream? server, params (string Key, string Value)[] settings)
    {
        var all = new Dictionary<string, string>();
        foreach (var (key, value) in server is null ? settings : [("Url", new Uri(server.Url, "/in").ToString()), .. settings])
        {
            all[key] = value;
        }
        return new HttpSinkFactory().Create(new SinkSetup(
            "http",
            TestSettings.Section("Sinks:Http", [.. all.Select(pair => (pair.Key, pair.Value))]),
            _directory.Path,
            LogId,
            TimeProvider.System,
            NullLoggerFactory.Instance));
    }

    internal static void AllAre(VerdictKind kind, SinkResult result)
    {
        for (var i = 0; i < result.PerEvent!.Count; i++)
        {
            Assert.True(kind == result[i].Kind, $"event {i}: {result[i]}");
        }
    }

    public void Dispose() => _directory.Dispose();
}
