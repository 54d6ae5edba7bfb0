using System.Globalization;
using Ingest.Health.Memory;
using Ingest.Hosting.Server;
using Ingest.Hosting.Settings;
using Ingest.Sinks.Files;

namespace Ingest.Hosting.Lifecycle;

/// <summary>
/// How many connections the system's limit of open files leaves room for. A node that ran out of files because of its connections could not
/// open the next segment, and its log would fail of it.
/// </summary>
internal static class OpenFiles
{
    /// <summary>The least there must be room for: what <c>Listen:ConnectionsMax</c> may be at least.</summary>
    internal const int ConnectionsMin = 16;

    // Counted on an idle node: about 200, nearly all of them the runtime's libraries. Segments, cursors and what asks for a file now and
    // then come on top.
    private const int OwnFiles = 300;

    /// <summary>Connections of the admin listener, which do not count among the others: a flood must not lock operators out.</summary>
    internal const int AdminConnections = 64;

    // Connections that are accepted already and not refused yet, or not served any more and not closed yet.
    private const int PassingConnections = 32;

    // Sockets of an HTTP sink's window, or of a Kafka client to its brokers.
    private const int FilesPerSink = 64;

    private const string LimitsFile = "/proc/self/limits";
    private const string LimitName = "Max open files";

    /// <summary>The process's limit; <see cref="long.MaxValue"/> where there is none or it is not known.</summary>
    internal static long Limit() => Parse(new KernelFiles().Text(LimitsFile)?.Split('\n') ?? []);

    /// <summary>The soft limit in the lines of <c>/proc/self/limits</c>.</summary>
    internal static long Parse(IEnumerable<string> lines)
    {
        var line = lines.FirstOrDefault(line => line.StartsWith(LimitName, StringComparison.Ordinal)) ?? "";
        var words = line[Math.Min(line.Length, LimitName.Length)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words.Length > 0 && long.TryParse(words[0], NumberStyles.None, CultureInfo.InvariantCulture, out var limit)
            ? limit
            : long.MaxValue;
    }

    /// <summary>Producers' connections there may be at once: as many as configured, or fewer where the limit is low.</summary>
    /// <exception cref="IOException">There is no room for any; the message says how high the limit has to be.</exception>
    internal static int Connections(NodeSettings settings, long limit)
    {
        var needed = OwnFiles + AdminConnections + PassingConnections + settings.Sinks.Sum(sink =>
            settings.OfSink(sink.Name) is FileSinkOptions files ? files.OpenFilesMax : FilesPerSink);
        var room = limit - needed;
        return room >= ConnectionsMin
            ? (int)Math.Min(room, settings.Get<ListenerOptions>().ConnectionsMax)
            : throw new IOException(
                $"The process may have {limit} files open, and needs at least {needed + ConnectionsMin}, a connection being one. "
                + "Raise the limit: ulimit -n, LimitNOFILE=.");
    }

    /// <summary>Sockets that may be accepted and not closed at once, where producers have so many.</summary>
    internal static int Accepted(int connections) => connections + AdminConnections + PassingConnections;
}
