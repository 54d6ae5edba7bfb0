namespace Ingest.Intake.Body.Compression;

/// <summary>
/// The compressed bytes of a body as a stream that tells whether the format of its reader ended exactly at a place where it may.
/// </summary>
/// <remarks>
/// The framework's decoders of deflate take whole blocks of input and do not say how much of it they used. They ask for input only while
/// their format has not ended, though. So the byte before a <i>stop</i>, which is a place where the format may end, is given out alone:
/// <list type="number">
/// <item>Asked for that byte, the decoder needed it: the format does not end before the stop.</item>
/// <item>Ended without asking for more, the decoder has used that byte: the format ends at the stop.</item>
/// <item>Ended anywhere else, the format ends where nothing that may follow it does, because every place where something may is a
/// stop.</item>
/// </list>
/// </remarks>
/// <param name="bytes">Holds the body at its beginning.</param>
/// <param name="stops">Where the format may end, ascending; at the last one the bytes end.</param>
internal sealed class StoppingSource(byte[] bytes, IReadOnlyList<int> stops) : Stream
{
    private int _at;
    private int _stop;

    /// <summary>Whether the reader was given all bytes before a stop and has asked for none behind it.</summary>
    internal bool IsAtStop => _stop < stops.Count && _at == stops[_stop];

    /// <inheritdoc/>
    public override bool CanRead => true;

    /// <inheritdoc/>
    public override bool CanSeek => false;

    /// <inheritdoc/>
    public override bool CanWrite => false;

    /// <inheritdoc/>
    public override long Length => throw new NotSupportedException();

    /// <summary>The next byte that is given out.</summary>
    public override long Position
    {
        get => _at;
        set => throw new NotSupportedException();
    }

    /// <summary>Goes on at a byte; stops up to there count no more.</summary>
    internal void Begin(int at)
    {
        _at = at;
        while (_stop < stops.Count && stops[_stop] <= at)
        {
            _stop++;
        }
    }

    /// <inheritdoc/>
    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    /// <inheritdoc/>
    public override int Read(Span<byte> buffer)
    {
        if (IsAtStop)
        {
            _stop++;
        }
        if (_stop == stops.Count || buffer.IsEmpty)
        {
            return 0;
        }
        var count = Math.Min(buffer.Length, Math.Max(stops[_stop] - _at - 1, 1));
        bytes.AsSpan(_at, count).CopyTo(buffer);
        _at += count;
        return count;
    }

    /// <inheritdoc/>
    public override void Flush()
    {
    }

    /// <inheritdoc/>
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void SetLength(long value) => throw new NotSupportedException();

    /// <inheritdoc/>
    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
