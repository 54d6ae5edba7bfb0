using System.Runtime.InteropServices;

namespace Ingest.Wal.Storage;

/// <summary>struct statx of statx(2), the same on every processor, and what is asked for of it.</summary>
[StructLayout(LayoutKind.Explicit, Size = 256)]
internal struct StatX
{
    /// <summary>AT_EMPTY_PATH.</summary>
    internal const int EmptyPath = 0x1000;

    /// <summary>AT_STATX_DONT_SYNC: what is known here will do; a file system of the network is not asked.</summary>
    internal const int NoSync = 0x4000;

    /// <summary>STATX_NLINK.</summary>
    internal const uint AskNames = 0x4;

    /// <summary>STATX_SIZE.</summary>
    internal const uint AskLength = 0x200;

    /// <summary>Which fields are set.</summary>
    [FieldOffset(0)]
    internal uint Known;

    /// <summary>How many names the file has.</summary>
    [FieldOffset(16)]
    internal uint Names;

    /// <summary>In bytes.</summary>
    [FieldOffset(40)]
    internal long Length;
}
