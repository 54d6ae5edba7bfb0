using System.IO.Hashing;

namespace Ingest.Events;

/// <summary>A number for a key or a stream, by which events that belong together are found. Two names rarely share one.</summary>
internal static class NameHash
{
    /// <summary>The number; 0 for an empty name alone.</summary>
    internal static ulong Of(ReadOnlySpan<byte> name) => name.IsEmpty ? 0 : Math.Max(1, XxHash3.HashToUInt64(name));
}
