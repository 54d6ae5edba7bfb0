using System.Text;
using Ingest.Intake.Json;

namespace Ingest.Intake.Http;

/// <summary>A stream, with what every request to it needs ready at hand.</summary>
/// <param name="name">Its name.</param>
/// <param name="keyPointer">Where its events have their key, or null.</param>
internal sealed class StreamRoute(string name, KeyPointer? keyPointer)
{
    internal string Name { get; } = name;

    internal ReadOnlyMemory<byte> Utf8 { get; } = Encoding.UTF8.GetBytes(name);

    internal KeyPointer? KeyPointer { get; } = keyPointer;

    /// <summary>The name of the key that named it; empty where none did, or before this start. Written before others see it.</summary>
    internal string Key { get; set; } = "";

    /// <summary>Timestamp of the last request to it. Any thread; a value that is lost makes no difference.</summary>
    internal long UsedAt { get; set; }
}
