namespace Ingest.Tests.Architecture;

/// <summary>A folder is read at a glance, and the page that explains the folders names those there are.</summary>
public sealed class FolderTests
{
    private const int FilesMax = 15;

    [Theory]
    [InlineData("src")]
    [InlineData("wal")]
    [InlineData("samples")]
    public void No_folder_has_more_files_than_a_glance_takes(string tree)
    {
        var crowded = Repository.Files(tree, ".cs")
            .GroupBy(path => Path.GetDirectoryName(path)!)
            .Where(folder => folder.Count() > FilesMax)
            .Select(folder => $"{folder.Key}: {folder.Count()}");

        Assert.Empty(crowded);
    }

    [Fact]
    public void Every_folder_that_the_page_of_the_architecture_names_is_there()
    {
        var missing = ArchitecturePage.Folders.Where(folder => !Directory.Exists(Path.Combine(Repository.Root, folder)));

        Assert.Empty(missing);
    }

    [Fact]
    public void Every_station_is_on_the_page_of_the_architecture()
    {
        var stations = Directory.GetDirectories(Path.Combine(Repository.Root, "src/Ingest"))
            .Select(path => $"src/Ingest/{Path.GetFileName(path)}")
            .Where(folder => Repository.Files(folder, ".cs").Any());

        Assert.Empty(stations.Except(ArchitecturePage.Folders));
    }

    [Fact]
    public void The_references_on_the_page_are_those_that_are_enforced()
    {
        Assert.Equal(
            ReferenceTests.Allowed.OrderBy(row => row.Key, StringComparer.Ordinal).Select(row => Row(row.Key, row.Value)),
            ArchitecturePage.References.OrderBy(row => row.Station, StringComparer.Ordinal).Select(row => Row(row.Station, row.May)));
    }

    private static string Row(string station, IEnumerable<string> may) =>
        $"{station}: {string.Join(' ', may.Order(StringComparer.Ordinal))}";
}
