namespace Ingest.Testing;

/// <summary>The repository this was built from, and what its build left there.</summary>
public static class SourceTree
{
    /// <summary>The directory that holds Ingest.sln.</summary>
    public static string Root { get; } = Find();

    /// <summary>The executable under test: <c>INGEST_EXE</c>, or what <c>make build</c> made.</summary>
    /// <exception cref="FileNotFoundException">It was not built.</exception>
    public static string Executable()
    {
        var path = Environment.GetEnvironmentVariable("INGEST_EXE") ?? Path.Combine(Root, "artifacts", "ingest", "ingest");
        return File.Exists(path) ? path : throw new FileNotFoundException("Run `make build` first: it is missing.", path);
    }

    private static string Find()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Ingest.sln")))
            {
                return directory.FullName;
            }
        }
        throw new DirectoryNotFoundException("Ingest.sln is in no parent directory.");
    }
}
