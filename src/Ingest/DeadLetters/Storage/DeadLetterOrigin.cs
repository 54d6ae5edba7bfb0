using System.Globalization;
using System.Text;
using Ingest.Wal.Storage;

namespace Ingest.DeadLetters.Storage;

/// <summary>
/// Which log the letters' events came from: the file <c>origin</c> beside them. Letters are known by their events' numbers, and those mean
/// nothing in another log: its lanes begin below them, which voids them, and its letters take their places. So when the node's log was
/// replaced, the letters of the old one are set aside as they are.
/// </summary>
internal static class DeadLetterOrigin
{
    private const string FileName = "origin";
    private const int ShownLength = 8;

    // Of 32: names of two logs have two in common, and this many once in ten to the tenth.
    private const int CommonDigitsMin = 16;

    /// <summary>
    /// Sets letters of another log aside. A damaged note that still resembles this log's is removed. Returns where they are; null when
    /// these are this log's, or there are none.
    /// </summary>
    /// <exception cref="StorageException">It cannot be found out, or they cannot be renamed.</exception>
    internal static string? SetAside(string directory, Guid logId)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            if (!File.Exists(path) || File.ReadAllText(path).Trim() is var origin && origin == Text(logId))
            {
                return null;
            }
            if (IsDamaged(origin, Text(logId)))
            {
                // Noted anew as the log is opened.
                File.Delete(path);
                return null;
            }
            ThrowUnlessLog(origin, path);
            var stem = $"{directory}-{origin[..ShownLength]}";
            var aside = stem;
            for (var number = 2; Directory.Exists(aside); number++)
            {
                aside = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
            }
            Directory.Move(directory, aside);
            return aside;
        }
        catch (Exception e) when (e is UnauthorizedAccessException or IOException and not StorageException)
        {
            var kind = e is UnauthorizedAccessException ? StorageFailure.Denied : StorageFailure.Failed;
            throw new StorageException(kind, $"finding out which log {directory} belongs to: {e.Message}", inner: e);
        }
    }

    /// <summary>Notes the log, durably, where that has not been done.</summary>
    /// <exception cref="StorageException">It could not be stored.</exception>
    internal static void Keep(IWalDirectory directory, Guid logId)
    {
        if (!directory.List().Contains(FileName))
        {
            AtomicFile.Write(directory, "", FileName, Encoding.ASCII.GetBytes(Text(logId) + "\n"));
        }
    }

    private static bool IsDamaged(string origin, string wanted) =>
        origin.Zip(wanted).Count(pair => pair.First == pair.Second) >= CommonDigitsMin;

    private static void ThrowUnlessLog(string origin, string path)
    {
        if (!Guid.TryParseExact(origin, "N", out _))
        {
            throw new StorageException(
                StorageFailure.Failed,
                $"{path} is damaged: it does not say which log the dead letters beside it came from. Delete it if that is the log the node "
                + "has now; if that was replaced, move the whole directory away.");
        }
    }

    private static string Text(Guid logId) => logId.ToString("N", CultureInfo.InvariantCulture);
}
