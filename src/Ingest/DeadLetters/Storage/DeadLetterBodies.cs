using Ingest.Wal;
using Ingest.Wal.Reading;

namespace Ingest.DeadLetters.Storage;

/// <summary>
/// Reads events of dead letters out of their log. Asked for ascending positions it reads the log once; each step back costs a segment. One
/// thread at a time.
/// </summary>
internal sealed class DeadLetterBodies(WriteAheadLog log) : IDisposable
{
    private WalReader? _reader;

    /// <summary>
    /// The event's record body, valid until the next call. False: it is not there, because the letter was resolved or moved meanwhile, or
    /// because it is damaged.
    /// </summary>
    /// <exception cref="Ingest.Wal.Storage.StorageException">The disk could not read.</exception>
    internal bool TryRead(DeadLetter letter, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (_reader is null || _reader.NextSequence > letter.Position)
        {
            _reader?.Dispose();
            _reader = log.OpenReader(letter.Position);
        }
        while (_reader.NextSequence <= letter.Position)
        {
            var status = _reader.Read();
            if (status == WalReadStatus.CaughtUp)
            {
                return false;
            }
            if (status == WalReadStatus.Record && _reader.Sequence == letter.Position)
            {
                return TryOpen(_reader.Body, letter.Key, out body);
            }
        }
        return false;
    }

    public void Dispose() => _reader?.Dispose();

    private static bool TryOpen(ReadOnlySpan<byte> record, DeadLetterKey key, out ReadOnlySpan<byte> body)
    {
        var isIt = DeadLetterRecord.TryRead(record, out var letter)
            && letter.Kind == DeadLetterRecordKind.Letter && letter.Sequence == key.Sequence && letter.Lane == key.Lane;
        body = isIt ? letter.Body : default;
        return isIt;
    }
}
