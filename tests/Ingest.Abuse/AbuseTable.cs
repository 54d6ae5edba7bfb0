using System.Globalization;
using Ingest.Abuse.Fuzz;

namespace Ingest.Abuse;

/// <summary>Prints what came of it.</summary>
public static class AbuseTable
{
    /// <summary>The titles of the columns.</summary>
    public static void WriteHead(TextWriter output) =>
        output.WriteLine($"{"case",-44} {"expected",-36} {"got",-24} {"202s",13} {"p99",6} {"leaked",6} {"memory",9}");

    /// <summary>One case.</summary>
    public static void Write(TextWriter output, AbuseRow row) => output.WriteLine(Line(row));

    /// <summary>One case as a line.</summary>
    public static string Line(AbuseRow row)
    {
        var honest = string.Create(CultureInfo.InvariantCulture, $"{row.Honest.Accepted}/{row.Honest.All}");
        var figures = string.Create(
            CultureInfo.InvariantCulture, $"{honest,13} {row.Ratio,5:0.00}x {row.Leaked,6} {row.MemoryMiB,5:+0;-0;0} MiB");
        var verdict = row.IsAsExpected ? "" : "  <-- not as expected";
        return $"{row.Case.Name,-44} {string.Join(" or ", row.Case.Expected),-36} {row.Got,-24} {figures}{verdict}";
    }

    /// <summary>The mutated requests.</summary>
    public static void Write(TextWriter output, FuzzReport report, int seed)
    {
        var outcomes = string.Join(", ", report.Outcomes.Select(pair => $"{pair.Key}: {pair.Value}"));
        output.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"{report.Requests} mutated requests (--seed {seed}), {report.Accepted} answers 202; {outcomes}"));
        foreach (var broken in report.Broken)
        {
            output.WriteLine($"  <-- {broken}");
        }
    }
}
