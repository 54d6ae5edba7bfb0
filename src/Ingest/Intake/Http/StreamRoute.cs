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
}
