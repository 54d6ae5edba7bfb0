using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace Ingest.Kafka.Tests.Cluster;

/// <summary>A message as kcat shows it.</summary>
internal sealed record KafkaRecord(
    int Partition, long Offset, long TimestampMs, string? Key, IReadOnlyDictionary<string, string> Headers, byte[] Value)
{
    internal long Sequence => long.Parse(Headers["ingest-seq"], CultureInfo.InvariantCulture);

    internal string Text => Encoding.UTF8.GetString(Value);
}

/// <summary>Reads topics with Debian's kcat: a witness that shares no managed code with the sink.</summary>
internal static class Kcat
{
    /// <summary>Everything in a topic, partition by partition in the order of offsets.</summary>
    internal static async Task<List<KafkaRecord>> ReadAsync(string bootstraps, string topic)
    {
        string[] arguments =
        [
            "-b", bootstraps, "-C", "-t", topic, "-o", "beginning", "-e", "-q", "-X", "fetch.wait.max.ms=10",
            "-f", "%p %o %T %K %S %h\\n%k%s\\n",
        ];
        using var process = Process.Start(new ProcessStartInfo("kcat", arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        using var output = new MemoryStream();
        var errors = process.StandardError.ReadToEndAsync();
        await process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.WaitForExitAsync();
        return process.ExitCode == 0
            ? [.. Parse(output.ToArray()).OrderBy(record => record.Partition).ThenBy(record => record.Offset)]
            : throw new InvalidOperationException($"kcat ended with {process.ExitCode}: {await errors}");
    }

    private static List<KafkaRecord> Parse(ReadOnlySpan<byte> output)
    {
        var records = new List<KafkaRecord>();
        while (!output.IsEmpty)
        {
            var end = output.IndexOf((byte)'\n');
            var head = Encoding.UTF8.GetString(output[..end]).Split(' ', 6);
            output = output[(end + 1)..];
            int keyBytes = int.Parse(head[3], CultureInfo.InvariantCulture), valueBytes = int.Parse(head[4], CultureInfo.InvariantCulture);
            var key = keyBytes < 0 ? null : Encoding.UTF8.GetString(output[..keyBytes]);
            output = output[Math.Max(0, keyBytes)..];
            records.Add(new KafkaRecord(
                int.Parse(head[0], CultureInfo.InvariantCulture),
                long.Parse(head[1], CultureInfo.InvariantCulture),
                long.Parse(head[2], CultureInfo.InvariantCulture),
                key,
                head[5].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(header => header.Split('=', 2))
                    .ToDictionary(pair => pair[0], pair => pair[1], StringComparer.Ordinal),
                output[..Math.Max(0, valueBytes)].ToArray()));
            output = output[(Math.Max(0, valueBytes) + 1)..];
        }
        return records;
    }
}
