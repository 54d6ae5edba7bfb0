using System.Reflection;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// Loads the native client library and asks it whether a setting is one it knows, without making a client. The builds that come with the
/// package are tried in the order in which Confluent.Kafka tries them; the system's library is the last resort.
/// </summary>
/// <remarks>
/// The package's first build is linked with the system's SASL library (<c>libsasl2.so.3</c>), which Debian, Ubuntu and images without a
/// package manager do not have: there it does not load. The second needs the C library alone and cannot do GSSAPI. The third is for musl.
/// </remarks>
internal static partial class Librdkafka
{
    /// <summary>What to tell people on whose machine no build can be loaded.</summary>
    internal const string MissingMessage =
        "The Kafka sink needs the native library librdkafka (2.0 or newer), and neither a bundled build nor the system's can be loaded. "
        + "The bundled ones belong beside the executable: publish for the runtime identifier of this machine. The system's: "
        + "on Debian or Ubuntu apt-get install librdkafka1; on Alpine apk add librdkafka; on Fedora dnf install librdkafka; "
        + "on macOS brew install librdkafka.";

    private const string Name = "librdkafka";
    private const string BuildWithoutSasl = "centos8-librdkafka";
    private const string BuildForMusl = "alpine-librdkafka";
    private const int ConfOk = 0;
    private const int ErrorTextBytes = 512;
    private const int ValueTextBytes = 4096;

    // Confluent.Kafka binds to one of these, by the system it believes to be on.
    private static readonly string[] Names = [Name, BuildWithoutSasl, BuildForMusl];
    private static readonly string[] SystemNames = ["librdkafka.so.1", "librdkafka.1.dylib", "librdkafka.so"];

    private static readonly Lazy<(nint Handle, LibrdkafkaBuild? Build)> Loaded = new(Find);

    /// <summary>The build that is loaded; null where none can be.</summary>
    internal static LibrdkafkaBuild? Build => Loaded.Value.Build;

    /// <summary>Names of the package's builds in the order in which they are tried.</summary>
    internal static IReadOnlyList<string> BundledNames { get; } =
        RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)
            ? [BuildForMusl]
            : [Name, BuildWithoutSasl];

    /// <summary>Makes Confluent.Kafka and this class find the library. Repeatable.</summary>
    /// <exception cref="InvalidOperationException">None can be loaded; the message says what to do.</exception>
    internal static void Load()
    {
        if (Build is null)
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
                    return TextOf(error);
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
        Build is null || IsManaged(name) ? null : Check([new(name, value)]);

    /// <summary>
    /// What the client makes of a setting that it takes: the text it gives back for it. Null when there is none, or no library.
    /// </summary>
    internal static string? ReadBack(string name, string value)
    {
        if (Build is null)
        {
            return null;
        }
        var configuration = New();
        var (error, text) = (new byte[ErrorTextBytes], new byte[ValueTextBytes]);
        var length = (nuint)text.Length;
        try
        {
            return Set(configuration, name, value, error, (nuint)error.Length) == ConfOk
                && Get(configuration, name, text, ref length) == ConfOk
                    ? TextOf(text)
                    : null;
        }
        finally
        {
            Destroy(configuration);
        }
    }

    /// <summary>Whether the loaded build can do something, by its own name for it: <c>sasl_gssapi</c>, <c>oidc</c>, <c>ssl</c>.</summary>
    internal static bool Has(string feature)
    {
        var configuration = New();
        var text = new byte[ValueTextBytes];
        var length = (nuint)text.Length;
        try
        {
            return Get(configuration, "builtin.features", text, ref length) == ConfOk && TextOf(text).Split(',').Contains(feature);
        }
        finally
        {
            Destroy(configuration);
        }
    }

    private static string TextOf(byte[] bytes) => Encoding.UTF8.GetString(bytes.AsSpan(0, Math.Max(0, Array.IndexOf(bytes, (byte)0))));

    /// <summary>Settings of the managed client, which the native one does not know.</summary>
    internal static bool IsManaged(string setting) => setting.StartsWith("dotnet.", StringComparison.Ordinal);

    private static (nint, LibrdkafkaBuild?) Find()
    {
        foreach (var name in BundledNames)
        {
            if (NativeLibrary.TryLoad(name, typeof(Library).Assembly, null, out var bundled))
            {
                return Use(bundled, name, isOfPackage: true);
            }
        }
        foreach (var name in SystemNames)
        {
            if (NativeLibrary.TryLoad(name, out var system))
            {
                return Use(system, name, isOfPackage: false);
            }
        }
        return (0, null);
    }

    private static (nint, LibrdkafkaBuild?) Use(nint library, string name, bool isOfPackage)
    {
        Resolve(library);
        return (library, LibrdkafkaBuild.Of(library, name, isOfPackage));
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
            NativeLibrary.SetDllImportResolver(assembly, (name, _, _) => Names.Contains(name) ? library : 0);
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
    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_get", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Get(nint configuration, string name, byte[] text, ref nuint textBytes);

    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    [LibraryImport(Name, EntryPoint = "rd_kafka_conf_destroy")]
    private static partial void Destroy(nint configuration);
}
