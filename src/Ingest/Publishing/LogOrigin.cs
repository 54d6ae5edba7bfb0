using System.Globalization;
using System.Text;
using Ingest.Wal.Storage;
using Microsoft.Extensions.Logging;

namespace Ingest.Publishing;

/// <summary>
/// Names the log that events kept apart from it came from, dead letters or parked ones: the file <c>origin</c> beside them. They are known
/// by their numbers, and those mean nothing in another log: its lanes begin below them, which voids them, and its own take their places. So
/// when the node's log was replaced, those of the old one are set aside as they are.
/// </summary>
internal static class LogOrigin
{
    private const string FileName = "origin";
    private const int ShownLength = 8;

    // Of 32: names of two logs have two in common, and this many once in ten to the tenth.
    private const int CommonDigitsMin = 16;

    /// <summary>
    /// Sets events of another log aside. A damaged note that names no log, or still resembles this log's name, is removed and reported.
    /// Returns where they are; null when these are this log's, or there are none.
    /// </summary>
    /// <exception cref="StorageException">It cannot be found out, or they cannot be renamed.</exception>
    internal static string? SetAside(ILogPlaces places, string directory, Guid logId, ILogger logger)
    {
        try
        {
            var path = Path.Combine(directory, FileName);
            if (places.ReadText(path)?.Trim() is not { } origin || origin == Text(logId))
            {
                return null;
            }
            if (SaysNothing(origin) || IsDamaged(origin, Text(logId)))
            {
                // Noted anew as the log is opened.
                places.DeleteFile(path);
                Log.OriginRenewed(logger, path);
                return null;
            }
            var stem = $"{directory}-{origin[..ShownLength]}";
            var aside = stem;
            for (var number = 2; places.Exists(aside); number++)
            {
                aside = string.Create(CultureInfo.InvariantCulture, $"{stem}-{number}");
            }
            places.Move(directory, aside);
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
            AtomicFile.Write(directory, FileName, Encoding.ASCII.GetBytes(Text(logId) + "\n"));
        }
    }

    private static bool IsDamaged(string origin, string wanted) =>
        origin.Zip(wanted).Count(pair => pair.First == pair.Second) >= CommonDigitsMin;

    // Empty, zeroed or garbage: nothing speaks against the log that the node has now.
    private static bool SaysNothing(string origin) => !Guid.TryParseExact(origin, "N", out var log) || log == Guid.Empty;

    private static string Text(Guid logId) => logId.ToString("N", CultureInfo.InvariantCulture);
}
