using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// Finds the native client library: the one bundled with Confluent.Kafka where it is there, else the system's; and asks it whether a
/// setting is one it knows, without making a client.
/// </summary>
internal static partial class Librdkafka
{
    /// <summary>What to tell who has not got it.</summary>
    internal const string MissingMessage =
        "The Kafka sink needs the native library librdkafka (2.0 or newer) and it is not on this machine. " +
        "On Debian or Ubuntu: apt-get install librdkafka1; on Alpine: apk add librdkafka; on Fedora: dnf install librdkafka; " +
        "on macOS: brew install librdkafka.";

    private const string Name = "librdkafka";
    private const int ConfOk = 0;
    private const int ErrorTextBytes = 512;

    // Ours first: a bundled library has this plain name and lies where the runtime looks by itself.
    private static readonly string[] SystemNames = ["librdkafka.so.1", "librdkafka.1.dylib", "librdkafka.so"];

    private static readonly Lazy<nint> Handle = new(Find);

    /// <summary>Makes Confluent.Kafka and this class find the library. Repeatable.</summary>
    /// <exception cref="InvalidOperationException">There is none; the message says which package has it.</exception>
    internal static void Load()
    {
        if (Handle.Value == 0)
        {
            throw new InvalidOperationException(MissingMessage);
        }
        // Library.Version makes Confluent.Kafka bind all its functions, so that a library that is too old shows here.
        _ = Library.Version;
    }

    /// <summary>Checks settings as the client would. Null, or what is wrong: the library's own words name key, value and range.</summary>
    internal static string? Check(IEnumerable<KeyValuePair<string, string>> settings)
    {
        Load();
        var configuration = New();
        var error = new byte[ErrorTextBytes];
        try
        {
            foreach (var (name, value) in settings)
            {
                if (Set(configuration, name, value, error, (nuint)error.Length) != ConfOk)
                {
                    return Encoding.UTF8.GetString(error.AsSpan(0, Math.Max(0, Array.IndexOf(error, (byte)0))));
                }
            }
            return null;
        }
        finally
        {
            Destroy(configuration);
        }
    }

    /// <summary>What the client says against a setting; null when it takes it, or is not here to be asked.</summary>
    internal static string? FaultIn(string name, string value) =>
        Handle.Value == 0 || IsManaged(name) ? null : Check([new(name, value)]);

    /// <summary>Settings of the managed client, which the native one does not know.</summary>
    internal static bool IsManaged(string setting) => setting.StartsWith("dotnet.", StringComparison.Ordinal);

    private static nint Find()
    {
        if (NativeLibrary.TryLoad(Name, typeof(Library).Assembly, null, out var bundled))
        {
            Resolve(bundled);
            return bundled;
        }
        foreach (var name in SystemNames)
        {
            if (NativeLibrary.TryLoad(name, out var system))
            {
                Resolve(system);
                return system;
            }
        }
        return 0;
    }

    private static void Resolve(nint library)
    {
        SetResolver(typeof(Library).Assembly, library);
        SetResolver(typeof(Librdkafka).Assembly, library);
    }

    private static void SetResolver(Assembly assembly, nint library)
    {
        try
        {
            NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => name == Name ? library : 0);
        }
        catch (InvalidOperationException)
        {
            // The host application set a resolver of its own for this assembly; it knows where its library is.
        }
    }

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_new")]
    private static partial nint New();

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_set", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Set(nint configuration, string name, string value, byte[] error, nuint errorBytes);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_destroy")]
    private static partial void Destroy(nint configuration);
}
