using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;

namespace Ingest.MockCluster;

/// <summary>One mock cluster and the client it lives in.</summary>
[SuppressMessage("Usage", "CA2216", Justification = "It lives as long as its process.")]
internal sealed partial class Cluster : IDisposable
{
    private const string Library = "librdkafka";
    private const int Producer = 0;
    private const int ErrorTextBytes = 512;

    private readonly nint _client;
    private readonly nint _cluster;

    // The package's builds, the one that needs the system's SASL library first; one of them loads on every Linux.
    private static readonly string[] Builds = [Library, "centos8-librdkafka", "alpine-librdkafka"];

    static Cluster() => NativeLibrary.SetDllImportResolver(typeof(Cluster).Assembly, (name, assembly, _) =>
        name != Library ? 0 : Builds.Select(build => NativeLibrary.TryLoad(build, assembly, null, out var handle) ? handle : 0)
            .FirstOrDefault(handle => handle != 0));

    internal Cluster(int brokers)
    {
        _client = NewClient(Producer, 0, new byte[ErrorTextBytes], ErrorTextBytes);
        _cluster = NewCluster(_client, brokers);
        if (_cluster == 0)
        {
            throw new InvalidOperationException("The mock cluster could not be made.");
        }
        Bootstraps = Marshal.PtrToStringUTF8(BootstrapsOf(_cluster))!;
    }

    /// <summary>Addresses of all brokers, <c>host:port,host:port</c>, in the order of their numbers from 1.</summary>
    internal string Bootstraps { get; }

    internal int CreateTopic(string topic, int partitions) => CreateTopic(_cluster, topic, partitions, 1);

    internal void SetTopicError(string topic, int code) => SetTopicError(_cluster, topic, code);

    internal int SetLeader(string topic, int partition, int broker) => SetLeader(_cluster, topic, partition, broker);

    internal int SetDown(int broker) => SetDown(_cluster, broker);

    internal int SetUp(int broker) => SetUp(_cluster, broker);

    internal int SetRoundTrip(int broker, int milliseconds) => SetRoundTrip(_cluster, broker, milliseconds);

    /// <summary>The next requests of this kind, on whichever broker, are answered with these codes, 0 for none.</summary>
    internal void PushErrors(short api, int[] codes) => PushErrors(_cluster, api, (nuint)codes.Length, codes);

    internal void ClearErrors(short api) => ClearErrors(_cluster, api);

    public void Dispose()
    {
        DestroyCluster(_cluster);
        DestroyClient(_client);
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_new")]
    private static partial nint NewClient(int type, nint configuration, byte[] error, nuint errorBytes);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_destroy")]
    private static partial void DestroyClient(nint client);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_new")]
    private static partial nint NewCluster(nint client, int brokers);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_destroy")]
    private static partial void DestroyCluster(nint cluster);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_cluster_bootstraps")]
    private static partial nint BootstrapsOf(nint cluster);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_create", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int CreateTopic(nint cluster, string topic, int partitions, int replicas);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_topic_set_error", StringMarshalling = StringMarshalling.Utf8)]
    private static partial void SetTopicError(nint cluster, string topic, int code);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_partition_set_leader", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetLeader(nint cluster, string topic, int partition, int broker);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_down")]
    private static partial int SetDown(nint cluster, int broker);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_up")]
    private static partial int SetUp(nint cluster, int broker);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_broker_set_rtt")]
    private static partial int SetRoundTrip(nint cluster, int broker, int milliseconds);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_push_request_errors_array")]
    private static partial void PushErrors(nint cluster, short api, nuint count, int[] codes);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Library, EntryPoint = "rd_kafka_mock_clear_request_errors")]
    private static partial void ClearErrors(nint cluster, short api);
}
