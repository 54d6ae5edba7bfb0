using Ingest.Wal.Format;
using Ingest.Wal.Storage;

namespace Ingest.Wal.Reading;

/// <summary>
/// A durable position: everything up to <see cref="Sequence"/> is settled. Two slots in one preallocated file, written in turn, so that
/// saving is atomic and needs no space on a full disk. One thread at a time.
/// </summary>
public sealed class WalCursor : IDisposable
{
    /// <summary>Most bytes an annotation may have.</summary>
    public const int AnnotationBytesMax = 64 * 1024 - 64;

    private readonly CursorStore _store;
    private readonly IWalFile _file;
    private byte[] _slot = new byte[CursorSlot.HeaderBytes];
    private int _slotIndex;
    private CursorSlot _value;
    private long _sequence;
    private StorageException? _poison;
    private bool _disposed;

    internal WalCursor(CursorStore store, string name, IWalFile file, CursorFile saved)
    {
        _store = store;
        Name = name;
        _file = file;
        _slotIndex = saved.Slot;
        _value = saved.Value;
        _sequence = saved.Value.Sequence;
        Annotation = saved.Annotation;
        Existed = saved.Slot >= 0 && !saved.IsForeign;
        Damaged = saved.Damaged;
        IsForeign = saved.IsForeign;
    }

    /// <summary>The cursor's name.</summary>
    public string Name { get; }

    /// <summary>False when nothing was ever saved before it was opened.</summary>
    public bool Existed { get; }

    /// <summary>
    /// Something was saved before, and nothing of it can be read: the file is damaged, or its very first save was torn by a crash. Then
    /// <see cref="Existed"/> is false; to lose nothing, begin with the oldest record there is.
    /// </summary>
    public bool Damaged { get; }

    /// <summary>
    /// What was saved before is a position in another log, and says nothing of this one. Then <see cref="Existed"/> is false; to
    /// lose nothing, begin
    /// with the oldest record there is.
    /// </summary>
    public bool IsForeign { get; }

    /// <summary>The last saved position; 0 when nothing was saved. Any thread.</summary>
    public long Sequence => Volatile.Read(ref _sequence);

    /// <summary>What was saved beside the position; empty when nothing was.</summary>
    public ReadOnlyMemory<byte> Annotation { get; private set; }

    /// <summary>Saves durably: one write, one fdatasync. May move backwards (rewind).</summary>
    /// <exception cref="ArgumentOutOfRangeException">Negative, or behind what the log holds.</exception>
    /// <exception cref="StorageException">Nothing was saved, or it is not known; this object takes no more saves.</exception>
    public void Save(long sequence, ReadOnlySpan<byte> annotation)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        ArgumentOutOfRangeException.ThrowIfNegative(sequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(sequence, _store.DurableSequence);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(annotation.Length, AnnotationBytesMax, nameof(annotation));
        if (_poison is not null)
        {
            throw new StorageException(_poison.Kind, $"Cursor {Name} failed before: {_poison.Message}", _poison.ErrorNumber, _poison);
        }
        WriteNext(new CursorSlot(_value.Generation + 1, sequence, annotation.Length, _store.Tag), annotation);
        if (!Annotation.Span.SequenceEqual(annotation))
        {
            Annotation = annotation.ToArray();
        }
        Volatile.Write(ref _sequence, sequence);
    }

    /// <summary>
    /// Only the page cache may have what was saved last, if a flush failed or a process died before it. It is written again where it lies:
    /// until it is on the disk, the other slot is all the disk has.
    /// </summary>
    internal void SaveAgain()
    {
        if (!Existed)
        {
            return;
        }
        Write(_value, Annotation.Span, _slotIndex);
        if (_value.Log != _store.Tag)
        {
            WriteNext(_value with { Generation = _value.Generation + 1, Log = _store.Tag }, Annotation.Span);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (!_disposed)
        {
            _disposed = true;
            _file.Dispose();
            _store.Closed(this);
        }
    }

    private void WriteNext(in CursorSlot next, ReadOnlySpan<byte> annotation)
    {
        var slotIndex = _slotIndex == 0 ? 1 : 0;
        Write(next, annotation, slotIndex);
        _slotIndex = slotIndex;
        _value = next;
    }

    private void Write(in CursorSlot value, ReadOnlySpan<byte> annotation, int slotIndex)
    {
        var bytes = CursorSlot.HeaderBytes + annotation.Length;
        if (_slot.Length < bytes)
        {
            _slot = new byte[bytes];
        }
        annotation.CopyTo(_slot.AsSpan(CursorSlot.HeaderBytes));
        value.Write(_slot);
        try
        {
            _file.Write(_slot.AsSpan(0, bytes), slotIndex * CursorSlot.SlotBytes);
            _file.Flush();
        }
        catch (StorageException e)
        {
            _poison = e;
            throw;
        }
    }
}
