using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Wal.Storage;

/// <summary>
/// Remembers which directory a path led to when it was opened, and tells whether it still does. A directory that was moved, replaced or
/// covered by a mount keeps its open files, so that nothing else shows that a second process finds another directory under the same path.
/// </summary>
internal sealed unsafe class DirectoryIdentity
{
    private readonly byte[] _path;
    private readonly (ulong Inode, ulong Device)? _opened;

    /// <param name="directory">The open directory.</param>
    /// <param name="path">The path it was opened by, absolute.</param>
    internal DirectoryIdentity(SafeFileHandle directory, string path)
    {
        _path = Encoding.UTF8.GetBytes(path + '\0');
        StatX state;
        byte noPath = 0;
        var known = Libc.StatX(directory, &noPath, StatX.EmptyPath | StatX.NoSync, StatX.AskIdentity, &state) == 0;
        // A sandbox may not know the call. Then there is no telling, and the path is believed.
        _opened = known && (state.Known & StatX.AskIdentity) != 0 ? IdentityOf(state) : null;
    }

    /// <summary>False once the path leads to another directory, or to none. One system call, no allocation.</summary>
    internal bool IsInPlace
    {
        get
        {
            if (_opened is not { } opened)
            {
                return true;
            }
            StatX state;
            fixed (byte* path = _path)
            {
                return Libc.StatX(StatX.ByPath, path, StatX.NoSync, StatX.AskIdentity, &state) == 0 && IdentityOf(state) == opened;
            }
        }
    }

    private static (ulong Inode, ulong Device) IdentityOf(in StatX state) =>
        (state.Inode, ((ulong)state.DeviceMajor << 32) | state.DeviceMinor);
}
