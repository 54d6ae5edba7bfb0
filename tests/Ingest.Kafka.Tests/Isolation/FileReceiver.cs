using System.Text.Json;
using Ingest.Testing;

namespace Ingest.Kafka.Tests.Isolation;

/// <summary>The file sink's directory, with a file where one stream's folder belongs.</summary>
internal sealed class FileReceiver : IReceiver
{
    private readonly string _directory;
    private readonly string _obstacle;

    internal FileReceiver(string directory)
    {
        _directory = Directory.CreateDirectory(directory).FullName;
        _obstacle = Path.Combine(directory, IsolationEvent.BadName);
        File.WriteAllText(_obstacle, "");
    }

    public IReadOnlyList<(string Key, string Value)> Settings => [("Sinks:File:Directory", _directory)];

    public IReadOnlyList<Taken> All()
    {
        var taken = new List<Taken>();
        DeliveredEvents.Read(_directory, line =>
        {
            using var document = JsonDocument.Parse(line.Payload);
            taken.Add(new(document.RootElement.GetProperty("name").GetString()!, document.RootElement.GetProperty("n").GetInt32()));
        });
        return taken;
    }

    public void Mend() => File.Delete(_obstacle);

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
