using System.Globalization;
using System.Text.RegularExpressions;

namespace Ingest.Crash.Tests.Harness;

/// <summary>A system call that succeeded, as strace saw it begin.</summary>
/// <param name="Thread">The thread's id.</param>
/// <param name="Name">The call.</param>
/// <param name="Path">The file it was about; the new name of a rename.</param>
/// <param name="OldPath">The old name of a rename; else empty.</param>
/// <param name="Arguments">All of its arguments, as printed.</param>
/// <param name="Begun">The line of the log on which it begins.</param>
/// <param name="Ended">The line on which it ends; the greatest number when that was not seen.</param>
/// <param name="Returned">What it returned; null when that was not seen, or is no count.</param>
internal sealed partial record SystemCall(
    int Thread, string Name, string Path, string OldPath, string Arguments, int Begun, int Ended, long? Returned)
{
    /// <summary>Whether it creates a file or directory.</summary>
    internal bool Creates => Name.StartsWith("mkdir", StringComparison.Ordinal) || Arguments.Contains("O_CREAT", StringComparison.Ordinal);

    internal bool Renames => Name.StartsWith("rename", StringComparison.Ordinal);

    internal bool Unlinks => Name.StartsWith("unlink", StringComparison.Ordinal);

    internal bool Writes => Name.StartsWith("pwrite", StringComparison.Ordinal) || Name.StartsWith("write", StringComparison.Ordinal);

    internal bool Flushes => Name is "fdatasync" or "fsync";

    internal string Directory => System.IO.Path.GetDirectoryName(Path) ?? "";

    /// <summary>Behind the last byte written; null when the call names no place.</summary>
    internal long? WrittenEnd => Place().Match(Arguments) is { Success: true } place
        ? long.Parse(place.Groups[1].Value, CultureInfo.InvariantCulture) + long.Parse(place.Groups[2].Value, CultureInfo.InvariantCulture)
        : null;

    /// <summary>The first bytes of what was written, as far as they are in the log.</summary>
    internal byte[] FirstBytes => Convert.FromHexString(
        Quoted().Match(Arguments).Groups[1].Value.Replace("\\x", "", StringComparison.Ordinal));

    /// <summary>The calls in a log, in the order they began, without those that failed.</summary>
    internal static List<SystemCall> Read(string log)
    {
        var calls = new List<SystemCall?>();
        var unfinished = new Dictionary<int, int>();
        foreach (var (number, line) in File.ReadLines(log).Index())
        {
            if (Resumed().Match(line) is { Success: true } resumed)
            {
                if (unfinished.Remove(Number(resumed), out var index))
                {
                    calls[index] = Failed(line) ? null : calls[index]! with { Ended = number, Returned = ResultOf(line) };
                }
            }
            else if (Beginning().Match(line) is { Success: true } begun)
            {
                if (line.EndsWith("<unfinished ...>", StringComparison.Ordinal))
                {
                    unfinished[Number(begun)] = calls.Count;
                }
                calls.Add(Failed(line) ? null : Parse(begun, number, isWhole: !unfinished.ContainsKey(Number(begun))));
            }
        }
        return [.. calls.OfType<SystemCall>()];
    }

    private static SystemCall Parse(Match begun, int line, bool isWhole)
    {
        var arguments = begun.Groups["arguments"].Value;
        var quoted = Quoted().Matches(arguments).Select(match => match.Groups[1].Value).ToList();
        var name = begun.Groups["name"].Value;
        var path = name.StartsWith("rename", StringComparison.Ordinal) ? quoted[^1]
            : Descriptor().Match(arguments) is { Success: true } descriptor ? descriptor.Groups[1].Value
            : quoted.Count > 0 ? quoted[0] : "";
        var old = name.StartsWith("rename", StringComparison.Ordinal) ? quoted[0] : "";
        return new SystemCall(Number(begun), name, path, old, arguments, line, isWhole ? line : int.MaxValue, ResultOf(arguments));
    }

    private static bool Failed(string line) => line.Contains(" = -1 ", StringComparison.Ordinal);

    private static long? ResultOf(string line) =>
        Result().Match(line) is { Success: true } result ? long.Parse(result.Groups[1].Value, CultureInfo.InvariantCulture) : null;

    private static int Number(Match match) => int.Parse(match.Groups["thread"].Value, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^(?<thread>\d+) +(?<name>\w+)\((?<arguments>.*)")]
    private static partial Regex Beginning();

    [GeneratedRegex(@"^(?<thread>\d+) +<\.\.\. (?<name>\w+) resumed>")]
    private static partial Regex Resumed();

    [GeneratedRegex("\"([^\"]*)\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@", (\d+), (\d+)(?:\) += \d+| <unfinished \.\.\.>)$")]
    private static partial Regex Place();

    [GeneratedRegex(@"\) += (\d+)$")]
    private static partial Regex Result();

    [GeneratedRegex(@"^\d+<([^>]*)>")]
    private static partial Regex Descriptor();
}
