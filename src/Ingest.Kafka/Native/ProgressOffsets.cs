using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// Commits and reads an offset with the text beside it. Confluent.Kafka leaves that text out on both ways, so the native client is called.
/// </summary>
internal static partial class ProgressOffsets
{
    private const string Name = "librdkafka";
    private const int NoError = 0;

    /// <summary>Adds the offset and its text to the producer's open transaction.</summary>
    /// <exception cref="KafkaException">It failed; the type says what is to be done, as with any call of a transaction.</exception>
    internal static unsafe void Send(
        Handle producer, string group, TopicPartition place, long offset, string text, TimeSpan timeout)
    {
        var list = NewList(1);
        var members = NewGroup(group);
        try
        {
            var entry = Add(list, place.Topic, place.Partition.Value);
            var bytes = System.Text.Encoding.ASCII.GetBytes(text);
            entry->Offset = offset;
            entry->Text = (nint)NativeMemory.Alloc((nuint)bytes.Length);
            entry->TextBytes = (nuint)bytes.Length;
            bytes.CopyTo(new Span<byte>((void*)entry->Text, bytes.Length));
            Check(SendOffsets(Of(producer), list, members, (int)timeout.TotalMilliseconds));
        }
        finally
        {
            DestroyGroup(members);
            DestroyList(list);
        }
    }

    /// <summary>Reads the text of the consumer's group; null where nothing was committed. Waits for transactions under way.</summary>
    /// <exception cref="KafkaException">There was no answer.</exception>
    internal static unsafe string? Read(Handle consumer, TopicPartition place, TimeSpan timeout)
    {
        var list = NewList(1);
        try
        {
            var entry = Add(list, place.Topic, place.Partition.Value);
            var code = Committed(Of(consumer), list, (int)timeout.TotalMilliseconds);
            code = code == NoError ? entry->Error : code;
            if (code != NoError)
            {
                throw new KafkaException(new Error((ErrorCode)code));
            }
            return entry->Offset < 0 || entry->Text == 0
                ? null
                : System.Text.Encoding.ASCII.GetString(new ReadOnlySpan<byte>((void*)entry->Text, (int)entry->TextBytes));
        }
        finally
        {
            DestroyList(list);
        }
    }

    private static void Check(nint error)
    {
        if (error == 0)
        {
            return;
        }
        var (code, isFatal) = ((ErrorCode)CodeOf(error), IsFatal(error) != 0);
        var (mustAbort, mayRetry) = (MustAbort(error) != 0, MayRetry(error) != 0);
        var reason = Marshal.PtrToStringUTF8(TextOf(error)) ?? "";
        DestroyError(error);
        throw mustAbort ? new KafkaTxnRequiresAbortException(new Error(code, reason, isFatal))
            : mayRetry ? new KafkaRetriableException(new Error(code, reason, isFatal))
            : new KafkaException(new Error(code, reason, isFatal));
    }

    private static nint Of(Handle handle) => ((SafeHandle)NativeOf(handle)).DangerousGetHandle();

    [UnsafeAccessor(UnsafeAccessorKind.Method, Name = "get_LibrdkafkaHandle")]
    [return: UnsafeAccessorType("Confluent.Kafka.Impl.SafeKafkaHandle, Confluent.Kafka")]
    private static extern object NativeOf(Handle handle);

    // rd_kafka_topic_partition_t.
    [StructLayout(LayoutKind.Sequential)]
    [SuppressMessage("Performance", "CA1823", Justification = "The layout is the client's.")]
    private struct Entry
    {
        internal nint Topic;
        internal int Partition;
        internal long Offset;
        internal nint Text;
        internal nuint TextBytes;
        internal nint Opaque;
        internal int Error;
        internal nint Own;
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_new")]
    private static partial nint NewList(int size);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_destroy")]
    private static partial void DestroyList(nint list);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_topic_partition_list_add", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial Entry* Add(nint list, string topic, int partition);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_consumer_group_metadata_new", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint NewGroup(string group);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_consumer_group_metadata_destroy")]
    private static partial void DestroyGroup(nint group);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_send_offsets_to_transaction")]
    private static partial nint SendOffsets(nint client, nint list, nint group, int milliseconds);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_committed")]
    private static partial int Committed(nint client, nint list, int milliseconds);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_code")]
    private static partial int CodeOf(nint error);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_string")]
    private static partial nint TextOf(nint error);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_is_fatal")]
    private static partial int IsFatal(nint error);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_is_retriable")]
    private static partial int MayRetry(nint error);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_txn_requires_abort")]
    private static partial int MustAbort(nint error);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_error_destroy")]
    private static partial void DestroyError(nint error);
}
