using System.Text.RegularExpressions;

namespace Ingest.Tests.Architecture;

/// <summary>Who may reference whom. The stations of an event's journey meet only where this table says.</summary>
public sealed partial class ReferenceTests
{
    internal static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Events"] = [],
        ["Health"] = ["Wal.Storage"],
        ["Drain"] = [],
        ["Sinks"] = ["Events", "Wal.Storage", "Wal.Format"],
        ["Queue"] = ["Events", "Health", "Drain", "Wal"],
        ["Intake"] = ["Events", "Queue", "Health", "Drain", "Wal.Writing"],
        ["Publishing"] = ["Events", "Sinks", "Health", "Drain", "Wal"],
        ["DeadLetters"] = ["Events", "Sinks", "Publishing", "Health", "Wal"],
        ["Operations"] = ["Events", "Intake", "Queue", "Publishing", "Sinks", "DeadLetters", "Health", "Drain", "Wal"],
        ["Hosting"] = ["Events", "Intake", "Queue", "Publishing", "Sinks", "DeadLetters", "Health", "Drain", "Operations", "Wal"],
    };

    [Fact]
    public void Every_folder_references_only_the_stations_it_may()
    {
        var violations = new List<string>();
        foreach (var path in Repository.Files("src/Ingest", ".cs"))
        {
            var parts = path.Split(Path.DirectorySeparatorChar);
            if (parts.Length < 4)
            {
                continue;
            }
            var folder = parts[2];
            Assert.True(Allowed.ContainsKey(folder), $"{path}: the folder {folder} has no row in the table of references.");
            violations.AddRange(References(path)
                .Where(name => Root(name) != folder && !Allowed[folder].Any(allowed => IsWithin(name, allowed)))
                .Select(name => $"{path} references Ingest.{name}"));
        }
        Assert.Empty(violations);
    }

    [Fact]
    public void The_log_references_nothing_of_ours_and_no_package()
    {
        var project = string.Join('\n', Repository.Lines("wal/Ingest.Wal.csproj"));
        Assert.DoesNotContain("PackageReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("ProjectReference", project, StringComparison.Ordinal);
        Assert.DoesNotContain("FrameworkReference", project, StringComparison.Ordinal);
        Assert.All(Repository.Files("wal", ".cs"), path =>
            Assert.All(References(path), name => Assert.Equal("Wal", Root(name))));
    }

    [Fact]
    public void The_log_has_no_thread_no_clock_and_no_logger()
    {
        string[] banned = ["TimeProvider", "new Thread(", "Task.Run", "ThreadPool.", "ILogger", "Timer(", "Console."];
        Assert.All(Repository.Files("wal", ".cs").SelectMany(Repository.Lines), line =>
            Assert.DoesNotContain(banned, word => line.Contains(word, StringComparison.Ordinal)));
    }

    private static string Root(string name) => name.Split('.')[0];

    private static bool IsWithin(string name, string allowed) =>
        name == allowed || name.StartsWith(allowed + ".", StringComparison.Ordinal);

    private static IEnumerable<string> References(string path) =>
        Repository.Lines(path)
            .Select(line => line.TrimStart())
            .Where(line => !line.StartsWith("namespace ", StringComparison.Ordinal) && !line.StartsWith("//", StringComparison.Ordinal))
            .SelectMany(line => Reference().Matches(line))
            .Select(match => match.Groups[1].Value);

    [GeneratedRegex(
        @"(?<![\w.""])Ingest\.((?:Events|Intake|Queue|Publishing|Sinks|DeadLetters|Health|Drain|Operations|Hosting|Wal)"
        + @"(?:\.[A-Z]\w*)*)")]
    private static partial Regex Reference();
}
