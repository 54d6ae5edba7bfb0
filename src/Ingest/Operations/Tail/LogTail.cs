using System.Text;
using Ingest.Events;
using Ingest.Sinks.Files;
using Ingest.Wal;
using Ingest.Wal.Reading;

namespace Ingest.Operations.Tail;

/// <summary>
/// Reads committed events from the log, as a lane does, into lines: those of the file sink, with the stream behind the number. Where
/// records are gone there is a line <c>{"missing":{"first":…,"count":…,"reclaimed":…}}</c>. One thread at a time.
/// </summary>
internal sealed class LogTail : IDisposable
{
    // One turn's worth: what is written at once, and how far is looked for a stream that is seldom seen.
    private const int TurnBytes = 64 * 1024;
    private const int TurnRecords = 4096;

    private readonly WalReader _reader;
    private readonly LineEncoder _encoder = new();
    private readonly byte[] _stream;
    private readonly byte[] _key;
    private long _left;

    internal LogTail(WriteAheadLog log, TailRequest request)
    {
        _reader = log.OpenReader(request.From);
        _stream = Encoding.ASCII.GetBytes(request.Stream);
        _key = Encoding.UTF8.GetBytes(request.Key);
        _left = request.Limit;
    }

    /// <summary>True once as many events were shown as were asked for.</summary>
    internal bool IsDone => _left == 0;

    /// <summary>Appends lines. True: everything durable was read. False: there may be more, or enough was shown.</summary>
    internal bool Fill(LineBuffer lines)
    {
        for (var records = 0; records < TurnRecords && lines.Length < TurnBytes && _left > 0; records++)
        {
            switch (_reader.Read())
            {
                case WalReadStatus.Record:
                    Show(lines);
                    break;
                case WalReadStatus.Gap when _reader.Gap.Skipped:
                    break;
                case WalReadStatus.Gap:
                    ShowGap(lines, _reader.Gap);
                    break;
                default:
                    return true;
            }
        }
        return false;
    }

    /// <inheritdoc/>
    public void Dispose() => _reader.Dispose();

    private void Show(LineBuffer lines)
    {
        if (_stream.Length > 0 && !(StoredEvent.TryReadStream(_reader.Body, out var stream) && stream.SequenceEqual(_stream)))
        {
            return;
        }
        // Written from a copy: an event is a view over memory, and the reader hands out a span.
        if (StoredEvent.TryRead(_reader.Sequence, _reader.Body.ToArray(), out var stored)
            && (_key.Length == 0 || stored.Key.SequenceEqual(_key)))
        {
            _encoder.Write(lines, stored, withStream: true);
            _left--;
        }
    }

    private static void ShowGap(LineBuffer lines, in WalGap gap)
    {
        var reclaimed = gap.Reclaimed ? "true" : "false";
        lines.Write(Encoding.ASCII.GetBytes(FormattableString.Invariant(
            $"{{\"missing\":{{\"first\":{gap.First},\"count\":{gap.Count},\"reclaimed\":{reclaimed}}}}}\n")));
    }
}
