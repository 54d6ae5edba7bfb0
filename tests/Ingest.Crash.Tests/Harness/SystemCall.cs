using System.Globalization;
using System.Text.RegularExpressions;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A system call that succeeded, as strace saw it begin.</summary>
/// <param name="Thread">The thread's id.</param>
/// <param name="Name">The call.</param>
/// <param name="Path">The file it was about; the new name of a rename.</param>
/// <param name="OldPath">The old name of a rename; else empty.</param>
/// <param name="Arguments">All of its arguments, as printed.</param>
internal sealed partial record SystemCall(int Thread, string Name, string Path, string OldPath, string Arguments)
{
    /// <summary>Whether it creates a file or directory.</summary>
    internal bool Creates => Name.StartsWith("mkdir", StringComparison.Ordinal) || Arguments.Contains("O_CREAT", StringComparison.Ordinal);

    internal bool Renames => Name.StartsWith("rename", StringComparison.Ordinal);

    internal bool Unlinks => Name.StartsWith("unlink", StringComparison.Ordinal);

    internal bool Writes => Name.StartsWith("pwrite", StringComparison.Ordinal) || Name.StartsWith("write", StringComparison.Ordinal);

    internal bool Flushes => Name is "fdatasync" or "fsync";

    internal string Directory => System.IO.Path.GetDirectoryName(Path) ?? "";

    /// <summary>The calls in a log, in the order they began, without those that failed.</summary>
    internal static List<SystemCall> Read(string log)
    {
        var calls = new List<SystemCall?>();
        var unfinished = new Dictionary<int, int>();
        foreach (var line in File.ReadLines(log))
        {
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                if (unfinished.Remove(Number(resumed), out var index) && Failed(line))
                {
                    calls[index] = null;
                }
            }
            else if (Begun().Match(line) is { Success: true } begun)
            {
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                {
                    unfinished[Number(begun)] = calls.Count;
                }
                calls.Add(Failed(line) ? null : Parse(begun));
            }
        }
        return [.. calls.OfType<SystemCall>()];
    }

    private static SystemCall Parse(Match begun)
    {
        var arguments = begun.Groups["arguments"].Value;
        var quoted = Quoted().Matches(arguments).Select(match => match.Groups[1].Value).ToList();
        var name = begun.Groups["name"].Value;
        var path = name.StartsWith("rename", StringComparison.Ordinal) ? quoted[^1]
            : Descriptor().Match(arguments) is { Success: true } descriptor ? descriptor.Groups[1].Value
            : quoted.Count > 0 ? quoted[0] : "";
        var old = name.StartsWith("rename", StringComparison.Ordinal) ? quoted[0] : "";
        return new SystemCall(Number(begun), name, path, old, arguments);
    }

    private static bool Failed(string line) => line.Contains(" = -1 ", StringComparison.Ordinal);

    private static int Number(Match match) => int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*)")]
    private static partial Regex Begun();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. (?<name>\w+) resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"^\d+<([^>]*)>")]
    private static partial Regex Descriptor();
}
