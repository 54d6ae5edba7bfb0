using System.Text;
using Ingest.Tests.Architecture;

namespace Ingest.Tests.Intake.Matrix;

/// <summary>Feature × format × encoding: docs/matrix.md is the table, and each of its cells is a test here.</summary>
public sealed class MatrixTests(MatrixServer shared) : IClassFixture<MatrixServer>
{
    private const string Document = "docs/matrix.md";

    public static TheoryData<string, string, string> Cells { get; } = [.. from feature in SentFeature.All
        from format in SentFormat.All
        from encoding in SentEncoding.All
        where feature.Expected(format, encoding) is not null
        select new TheoryDataRow<string, string, string>(feature.Name, format.Name, encoding.Name)];

    [Theory]
    [MemberData(nameof(Cells))]
    public async Task A_cell_says_what_comes(string featureName, string formatName, string encodingName)
    {
        var feature = SentFeature.All.Single(one => one.Name == featureName);
        var format = SentFormat.All.Single(one => one.Name == formatName);
        var encoding = SentEncoding.All.Single(one => one.Name == encodingName);

        var got = await feature.TryAsync(new MatrixCell(shared.Server, format, encoding, shared.NextNumber()));

        Assert.Equal(feature.Expected(format, encoding), got);
    }

    [Fact]
    public void The_table_is_as_the_tests_have_it()
    {
        var table = Table();
        var written = Path.Combine(Repository.Root, "artifacts", "matrix.md");
        Directory.CreateDirectory(Path.GetDirectoryName(written)!);
        File.WriteAllText(written, table);
        Assert.True(
            table == string.Join('\n', Repository.Lines(Document)) + "\n", $"{Document} is not up to date: take artifacts/matrix.md.");
    }

    private static string Table()
    {
        var text = new StringBuilder("# What works with what\n\nEach cell is a test (`MatrixTests`). `·`: the feature does not apply.\n");
        foreach (var feature in SentFeature.All)
        {
            text.Append($"\n## {feature.Name[..1].ToUpperInvariant()}{feature.Name[1..]}\n\n| |");
            text.AppendJoin('|', SentEncoding.All.Select(encoding => $" {encoding.Name} ")).Append("|\n|---|");
            text.AppendJoin('|', SentEncoding.All.Select(_ => "---")).Append("|\n");
            foreach (var format in SentFormat.All)
            {
                var cells = SentEncoding.All.Select(encoding => $" {feature.Expected(format, encoding) ?? "·"} ");
                text.Append($"| {format.Name} |").AppendJoin('|', cells).Append("|\n");
            }
        }
        return text.ToString();
    }
}

/// <summary>The server all cells share: they only add to it.</summary>
public sealed class MatrixServer : IAsyncLifetime
{
    private int _number = 1000;

    internal IntakeServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() =>
        Server = await IntakeServer.StartAsync(options => options.EventBytesMax = SentFeature.EventBytesMax);

    public ValueTask DisposeAsync() => Server.DisposeAsync();

    internal int NextNumber() => Interlocked.Increment(ref _number);
}
