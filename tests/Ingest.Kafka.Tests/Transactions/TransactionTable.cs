using System.Globalization;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Transactions;

/// <summary>A table below artifacts/transactions that is written row by row, so that a run that is broken off leaves its rows.</summary>
internal sealed class TransactionTable : IDisposable
{
    private readonly string _path;
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Begins the table.</summary>
    internal TransactionTable(string name, int seed, IEnumerable<string> head)
    {
        var directory = Directory.CreateDirectory(Path.Combine(SourceTree.Root, "artifacts", "transactions"));
        _path = Path.Combine(directory.FullName, $"{name}.md");
        File.WriteAllLines(_path, [string.Create(CultureInfo.InvariantCulture, $"Seed {seed}."), "", .. head]);
    }

    /// <summary>Adds a row.</summary>
    internal async Task AddAsync(string row)
    {
        await _one.WaitAsync(TestContext.Current.CancellationToken);
        try
        {
            await File.AppendAllLinesAsync(_path, [row], TestContext.Current.CancellationToken);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();
}
