using System.Globalization;
using System.Text;

namespace Ingest.Kafka;

/// <summary>Under which names a lane is known to a cluster.</summary>
/// <param name="LogId">Identity of the log.</param>
/// <param name="Lane">The lane's name.</param>
/// <param name="Opening">Identity of this process's opening of the log.</param>
internal sealed record TransactionIdentity(Guid LogId, string Lane, Guid Opening)
{
    private const int OwnerLettersMax = 80;

    /// <summary>The <c>transactional.id</c>, and the consumer group whose offset is the progress.</summary>
    internal string Id { get; } = string.Create(CultureInfo.InvariantCulture, $"ingest-{LogId:N}-{Lane}");

    /// <summary>The process: host, process id, and a part that no other has.</summary>
    internal string Owner { get; } = string.Create(
        CultureInfo.InvariantCulture, $"{Plain(Environment.MachineName)}/{Environment.ProcessId}/{Guid.NewGuid():N}");

    private static string Plain(string text)
    {
        var plain = new StringBuilder();
        foreach (var letter in text.Take(OwnerLettersMax))
        {
            plain.Append(char.IsAsciiLetterOrDigit(letter) || letter is '-' or '.' or '_' ? letter : '-');
        }
        return plain.Length == 0 ? "host" : plain.ToString();
    }
}
