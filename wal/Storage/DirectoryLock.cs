using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;

namespace Ingest.Wal.Storage;

/// <summary>
/// One process per directory: an flock on a file in it. The system lets go of it when the process ends, however it ends. The process id
/// inside is only for the message the next one shows.
/// </summary>
internal sealed class DirectoryLock : IDisposable
{
    internal const string FileName = "lock";

    private readonly UnixFile _file;

    private DirectoryLock(UnixFile file) => _file = file;

    internal static DirectoryLock Take(string directory)
    {
        var file = UnixFile.Open(Path.Combine(directory, FileName), Libc.ReadWrite | Libc.Create);
        try
        {
            while (Libc.FLock(file.Handle, Libc.LockExclusive | Libc.LockNonBlocking) != 0)
            {
                var number = Marshal.GetLastPInvokeError();
                if (number == Errno.WouldBlock)
                {
                    throw new StorageException(StorageFailure.InUse, $"{directory} is in use by {Holder(file)}.", number);
                }
                if (number != Errno.Interrupted)
                {
                    throw Errno.Failure("flock", directory, opening: true);
                }
            }
            WriteHolder(file);
            return new DirectoryLock(file);
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string Holder(UnixFile file)
    {
        Span<byte> text = stackalloc byte[32];
        var id = Encoding.ASCII.GetString(text[..file.Read(text, 0)]).Trim();
        return id.Length > 0 ? $"process {id}" : "another process";
    }

    private static void WriteHolder(UnixFile file)
    {
        try
        {
            file.Truncate();
            file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture) + "\n"), 0);
        }
        catch (StorageException e) when (e.Kind == StorageFailure.Full)
        {
            // The lock itself needs no room, and a full disk must not keep a log from being drained.
        }
    }
}
