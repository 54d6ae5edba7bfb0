namespace Ingest.Tests.Architecture.Example.Lower
{
    /// <summary>A station that refers to no other.</summary>
    internal sealed class Part
    {
        internal Shared? Shared { get; set; }

        public override string ToString() => Deep.Deeper.Text;
    }
}

namespace Ingest.Tests.Architecture.Example.Lower.Deep
{
    /// <summary>A part of the station.</summary>
    internal static class Deeper
    {
        internal static string Text => nameof(Deeper) + Environment.ProcessId;
    }
}
