using System.Globalization;
using System.Text.RegularExpressions;
using Ingest.Sinks.Contract;
using Ingest.Sinks.Http.Answers;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Sinks.Http;

/// <summary>Every status there can be, against what docs/http-sink.md tells people.</summary>
public sealed partial class StatusTableTests
{
    private static readonly StatusTable Usual = new(new Dictionary<string, string>());

    [Fact]
    public void The_table_is_what_the_documentation_says_for_every_status()
    {
        var documented = Documented();
        var wrong = Enumerable.Range(StatusTable.Lowest, StatusTable.Highest - StatusTable.Lowest + 1)
            .Where(status => Usual[status, saysWhen: false] != documented(status))
            .Select(status => $"{status}: {Usual[status, saysWhen: false]}, documented {documented(status)}");
        Assert.Empty(wrong);
    }

    [Fact]
    public void Who_says_when_to_come_back_is_congested_and_not_gone()
    {
        for (var status = StatusTable.Lowest; status <= StatusTable.Highest; status++)
        {
            var (without, with) = (Usual[status, saysWhen: false], Usual[status, saysWhen: true]);
            Assert.Equal(without == VerdictKind.Retryable ? VerdictKind.Congested : without, with);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(101)]
    [InlineData(199)]
    [InlineData(600)]
    [InlineData(999)]
    public void What_is_no_answer_to_a_POST_blocks(int status) => Assert.Equal(VerdictKind.Blocked, Usual[status, saysWhen: false]);

    [Fact]
    public void Single_statuses_can_be_judged_otherwise()
    {
        var table = new StatusTable(new Dictionary<string, string> { ["404"] = "rejected", ["503"] = "Congested", ["207"] = "Delivered" });
        Assert.Equal(VerdictKind.Rejected, table[404, false]);
        Assert.Equal(VerdictKind.Congested, table[503, false]);
        Assert.Equal(VerdictKind.Delivered, table[207, false]);
        Assert.Equal(VerdictKind.Blocked, table[403, false]);
    }

    [Theory]
    [InlineData("199", "Rejected")]
    [InlineData("600", "Rejected")]
    [InlineData("4xx", "Rejected")]
    [InlineData("404", "Refused")]
    [InlineData("404", "1")]
    [InlineData("404", "")]
    public void What_is_no_status_or_no_verdict_is_refused(string status, string verdict) =>
        Assert.False(StatusTable.TryParse(status, verdict, out _, out _));

    // Rows: | 404, 405 or 2xx | **blocked** | ...; single statuses go before classes.
    private static Func<int, VerdictKind> Documented()
    {
        var single = new Dictionary<int, VerdictKind>();
        var classes = new Dictionary<int, VerdictKind>();
        foreach (var line in Repository.Lines("docs/http-sink.md"))
        {
            var row = Row().Match(line);
            if (!row.Success)
            {
                continue;
            }
            var kind = Enum.Parse<VerdictKind>(row.Groups[2].Value, ignoreCase: true);
            foreach (Match status in Status().Matches(row.Groups[1].Value))
            {
                if (status.Value.EndsWith('x'))
                {
                    classes.Add(status.Value[0] - '0', kind);
                }
                else
                {
                    single.Add(int.Parse(status.Value, CultureInfo.InvariantCulture), kind);
                }
            }
        }
        Assert.Equal(4, classes.Count);
        return status => single.TryGetValue(status, out var kind) ? kind : classes[status / 100];
    }

    [GeneratedRegex(@"^\| ([2-5][0-9x, ]*?[^|]*?) \| \*\*(delivered|congested|retryable|rejected|blocked)\*\* \|")]
    private static partial Regex Row();

    [GeneratedRegex(@"\b[2-5](?:xx|\d\d)\b")]
    private static partial Regex Status();
}
