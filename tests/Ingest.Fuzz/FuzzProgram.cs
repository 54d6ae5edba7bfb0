using System.Globalization;
using System.Security.Cryptography;
using Ingest.Fuzz.Engine;
using Ingest.Testing;

namespace Ingest.Fuzz;

/// <summary>The commands behind <c>make fuzz</c>: see fuzz.sh.</summary>
internal static class FuzzProgram
{
    private const string Usage = "targets | instrument FOLDER | run TARGET SECONDS [SEED] [keep] | replay TARGET FILE";

    private static string Findings { get; } = Path.Combine(SourceTree.Root, "artifacts", "fuzz", "findings");

    private static string Further { get; } = Path.Combine(SourceTree.Root, "artifacts", "fuzz", "corpus");

    private static int Main(string[] args)
    {
        // Before anything else: instrumented code counts from its first line on.
        var map = new CoverageMap();
        switch (args)
        {
            case ["targets"]:
                Console.WriteLine(string.Join('\n', FuzzTargets.All.Select(target => target.Name)));
                return 0;
            case ["instrument", var folder]:
                Instrumentation.Run(folder);
                return 0;
            case ["run", var name, var seconds, .. var rest]:
                return Run(FuzzTargets.Find(name), int.Parse(seconds, CultureInfo.InvariantCulture), rest, map);
            case ["replay", var name, var file]:
                FuzzTargets.Find(name).Run(File.ReadAllBytes(file));
                Console.WriteLine("nothing found");
                return 0;
            default:
                Console.Error.WriteLine(Usage);
                return 2;
        }
    }

    private static int Run(FuzzTarget target, int seconds, string[] rest, CoverageMap map)
    {
        var keeps = rest is [.., "keep"];
        var seed = rest is [var given, ..] && int.TryParse(given, CultureInfo.InvariantCulture, out var number)
            ? number
            : RandomNumberGenerator.GetInt32(int.MaxValue);
        var left = FuzzGuard.Left(Findings, target.Name);
        using var guard = new FuzzGuard(Findings, target.Name);
        if (left is not null)
        {
            Console.WriteLine($"{target.Name}: ended the process: {guard.Keep(left, "ended the process")}");
            return 1;
        }
        var run = new FuzzRun(target, map, guard, seed);
        var further = Path.Combine(Further, target.Name);
        var took = run.Run([.. FuzzTargets.InputsOf(target), .. Corpus.Read(further)], TimeSpan.FromSeconds(seconds));
        foreach (var found in run.Found)
        {
            Corpus.Write(further, found);
        }
        Print(target, run, map, took, seed);
        if (keeps && run.Findings.Count == 0)
        {
            Corpus.Replace(Path.Combine(Corpus.Root, target.Name), run.Minimize());
        }
        return run.Findings.Count > 0 ? 1 : 0;
    }

    private static void Print(FuzzTarget target, FuzzRun run, CoverageMap map, TimeSpan took, int seed)
    {
        var rate = run.Executions / Math.Max(took.TotalSeconds, 0.001);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{target.Name,-18} {run.Executions,11} {rate,9:F0} {map.SeenEdges,7} {run.Found.Count,6} ")
            + string.Create(CultureInfo.InvariantCulture, $"{run.Findings.Count,9}  seed {seed}"));
        foreach (var (place, path) in run.Findings)
        {
            Console.WriteLine($"  {place}\n    {Path.GetRelativePath(SourceTree.Root, path)}");
        }
    }
}
