using System.Globalization;
using Ingest.Abuse.Fuzz;

namespace Ingest.Abuse;

/// <summary>
/// <c>make abuse</c>: every case, then mutated requests. Arguments: <c>[--short] [--case PART] [--fuzz REQUESTS] [--seed N]</c>.
/// </summary>
internal static class AbuseProgram
{
    private static async Task<int> Main(string[] arguments)
    {
        var isShort = arguments.Contains("--short");
        var seed = Number(arguments, "--seed", new Random().Next());
        var requests = Number(arguments, "--fuzz", isShort ? 2000 : 50_000);
        var part = Text(arguments, "--case", "");
        AbuseTable.WriteHead(Console.Out);
        IReadOnlyList<AbuseRow> rows;
        using (var run = new AbuseRun(isShort, part))
        {
            rows = await run.RunAsync(row => AbuseTable.Write(Console.Out, row));
        }
        using var fuzz = new RequestFuzz(seed);
        var report = await fuzz.RunAsync(requests);
        AbuseTable.Write(Console.Out, report, seed);
        var wrong = rows.Count(row => !row.IsAsExpected) + report.Broken.Count;
        Console.Out.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{rows.Count} cases, {wrong} not as expected"));
        return wrong == 0 ? 0 : 1;
    }

    private static int Number(string[] arguments, string name, int otherwise) =>
        Text(arguments, name, "") is { Length: > 0 } digits ? int.Parse(digits, CultureInfo.InvariantCulture) : otherwise;

    private static string Text(string[] arguments, string name, string otherwise)
    {
        var at = Array.IndexOf(arguments, name);
        return at >= 0 && at + 1 < arguments.Length ? arguments[at + 1] : otherwise;
    }
}
