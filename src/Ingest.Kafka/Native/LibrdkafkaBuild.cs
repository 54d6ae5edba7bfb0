using System.Globalization;
using System.Runtime.InteropServices;

namespace Ingest.Kafka;

/// <summary>Names the build of the native client library that the process has loaded.</summary>
/// <param name="Version">Version as the library reports it, for example <c>2.16.0</c>.</param>
/// <param name="Name">Name under which it was found, for example <c>centos8-librdkafka</c>.</param>
/// <param name="Path">File it was loaded from; null where the operating system does not say (all but Linux).</param>
/// <param name="IsBundled">True for a build of the package, false for one that is installed on the system.</param>
internal sealed record LibrdkafkaBuild(string Version, string Name, string? Path, bool IsBundled)
{
    private const string MappedFiles = "/proc/self/maps";

    /// <summary>Returns one line for people, for example <c>librdkafka 2.16.0, bundled build centos8-librdkafka</c>.</summary>
    public override string ToString() =>
        $"librdkafka {Version}, " + (IsBundled ? $"bundled build {Name}" : $"the system's {Path ?? Name}");

    /// <summary>Identifies a loaded library.</summary>
    /// <param name="handle">Its handle.</param>
    /// <param name="name">Name that the loader was given.</param>
    /// <param name="isOfPackage">Whether the package has a build of that name.</param>
    internal static LibrdkafkaBuild Of(nint handle, string name, bool isOfPackage)
    {
        var export = NativeLibrary.GetExport(handle, "rd_kafka_version_str");
        var version = Marshal.PtrToStringUTF8(Marshal.GetDelegateForFunctionPointer<VersionText>(export)()) ?? "of unknown version";
        var path = FileAt(export);
        // A development package installs the plain name too: where the file lies decides.
        return new LibrdkafkaBuild(version, name, path, isOfPackage && (path is null || IsBesideUs(path)));
    }

    // The file whose mapping holds the address. A line: from-to permissions offset device inode path.
    private static string? FileAt(nint address)
    {
        if (!OperatingSystem.IsLinux())
        {
            return null;
        }
        foreach (var line in File.ReadLines(MappedFiles))
        {
            var fields = line.Split(' ', 6, StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
            var range = fields[0].Split('-');
            if (fields.Length == 6 && Hexadecimal(range[0]) <= (ulong)address && (ulong)address < Hexadecimal(range[1]))
            {
                return fields[5];
            }
        }
        return null;
    }

    // Beside the application, or in the package folder that the runtime reads when it runs from a build's output.
    private static bool IsBesideUs(string path) =>
        path.StartsWith(AppContext.BaseDirectory, StringComparison.Ordinal)
        || path.Contains($"librdkafka.redist{System.IO.Path.DirectorySeparatorChar}", StringComparison.OrdinalIgnoreCase);

    private static ulong Hexadecimal(string text) => ulong.Parse(text, NumberStyles.HexNumber, CultureInfo.InvariantCulture);

    [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
    private delegate nint VersionText();
}
