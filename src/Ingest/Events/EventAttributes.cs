using System.Buffers.Binary;

namespace Ingest.Events;

/// <summary>Walks an event's attributes: <c>u8 name bytes, u16 value bytes, name, value</c>, one after another.</summary>
public ref struct EventAttributes(ReadOnlySpan<byte> encoded)
{
    internal const int FixedBytes = 3;

    private ReadOnlySpan<byte> _rest = encoded;

    /// <summary>The current attribute's name, ASCII.</summary>
    public ReadOnlySpan<byte> Name { get; private set; }

    /// <summary>The current attribute's value, UTF-8.</summary>
    public ReadOnlySpan<byte> Value { get; private set; }

    /// <summary>Makes the struct usable in <c>foreach</c>.</summary>
    public readonly EventAttributes GetEnumerator() => this;

    /// <summary>The current attribute: itself, for <c>foreach</c>.</summary>
    public readonly EventAttributes Current => this;

    /// <summary>Steps to the next attribute; false at the end or where the rest makes no sense.</summary>
    public bool MoveNext()
    {
        if (_rest.Length < FixedBytes)
        {
            return false;
        }
        int name = _rest[0], value = BinaryPrimitives.ReadUInt16LittleEndian(_rest[1..]);
        if (_rest.Length < FixedBytes + name + value)
        {
            return false;
        }
        Name = _rest.Slice(FixedBytes, name);
        Value = _rest.Slice(FixedBytes + name, value);
        _rest = _rest[(FixedBytes + name + value)..];
        return true;
    }

    /// <summary>The value of <paramref name="name"/>, or empty.</summary>
    public readonly ReadOnlySpan<byte> Find(ReadOnlySpan<byte> name)
    {
        foreach (var attribute in this)
        {
            if (attribute.Name.SequenceEqual(name))
            {
                return attribute.Value;
            }
        }
        return default;
    }
}
