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

    /// <summary>STATX_INO.</summary>
    internal const uint AskIdentity = 0x100;

    /// <summary>STATX_SIZE.</summary>
    internal const uint AskLength = 0x200;

    /// <summary>STATX_DIOALIGN, of Linux 6.1 and later.</summary>
    internal const uint AskDirect = 0x2000;

    /// <summary>AT_FDCWD: the path alone says which file.</summary>
    internal const int ByPath = -100;

    /// <summary>Mask of the fields that are set.</summary>
    [FieldOffset(0)]
    internal uint Known;

    /// <summary>How many names the file has.</summary>
    [FieldOffset(16)]
    internal uint Names;

    /// <summary>Number of the inode; together with the device it tells one file from another.</summary>
    [FieldOffset(32)]
    internal ulong Inode;

    /// <summary>In bytes.</summary>
    [FieldOffset(40)]
    internal long Length;

    /// <summary>Major number of the device.</summary>
    [FieldOffset(136)]
    internal uint DeviceMajor;

    /// <summary>Minor number of the device.</summary>
    [FieldOffset(140)]
    internal uint DeviceMinor;

    /// <summary>What memory of direct writes must be aligned to; 0: the file takes none.</summary>
    [FieldOffset(152)]
    internal uint DirectMemory;

    /// <summary>What their offset and length must be aligned to; 0: the file takes none.</summary>
    [FieldOffset(156)]
    internal uint DirectOffset;
}
