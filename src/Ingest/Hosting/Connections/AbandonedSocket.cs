using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Ingest.Hosting.Connections;

/// <summary>
/// The file of a Unix socket that outlived its process: a process that is killed cannot remove it, and the next one cannot listen there
/// while it exists.
/// </summary>
internal static partial class AbandonedSocket
{
    // errno of Linux: what opening the file of a socket ends with, where any other file opens or is denied.
    private const int NoSuchDevice = 6;

    private const int ReadOnly = 0;
    private const int NonBlocking = 0x800;
    private const int CloseOnExec = 0x80000;

    /// <summary>
    /// Removes the file at <paramref name="path"/> if it is a socket that refuses connections, as one that has no process does. A socket
    /// that accepts, one with a full backlog, one that may not be asked, and a file that is no socket are left as they are.
    /// </summary>
    /// <returns>Whether a file was removed.</returns>
    internal static bool Remove(string path)
    {
        if (!IsSocket(path) || !IsRefused(path))
        {
            return false;
        }
        File.Delete(path);
        return true;
    }

    // Opened without waiting, as a pipe would let it.
    private static bool IsSocket(string path)
    {
        using var file = new SafeFileHandle(Open(path, ReadOnly | NonBlocking | CloseOnExec), ownsHandle: true);
        return file.IsInvalid && Marshal.GetLastPInvokeError() == NoSuchDevice;
    }

    private static bool IsRefused(string path)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified) { Blocking = false };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return false;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode == SocketError.ConnectionRefused;
        }
    }

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Open(string path, int flags);
}
