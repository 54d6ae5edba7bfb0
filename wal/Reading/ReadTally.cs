namespace Ingest.Wal.Reading;

/// <summary>Counts what one reader reads, and tells the log of it now and then. One thread at a time.</summary>
internal sealed class ReadTally(ReadCounts counts)
{
    /// <summary>Told together: readers share the log's counts.</summary>
    private const int ToldTogether = 1024;

    /// <summary>Records read since the log was told.</summary>
    private int _read;

    /// <summary>Records among them that were in memory.</summary>
    private int _fromMemory;

    internal void Count(bool isFromMemory)
    {
        _fromMemory += isFromMemory ? 1 : 0;
        if (++_read == ToldTogether)
        {
            Tell();
        }
    }

    internal void Tell()
    {
        if (_read > 0)
        {
            counts.Add(_fromMemory, _read - _fromMemory);
            (_read, _fromMemory) = (0, 0);
        }
    }
}
