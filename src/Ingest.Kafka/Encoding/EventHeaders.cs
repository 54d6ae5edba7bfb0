using System.Text;
using Confluent.Kafka;

namespace Ingest.Kafka;

/// <summary>
/// The headers of the message being handed over. Objects and buffers are used again from event to event as long as the same names come in
/// the same order: the client copies them before it returns. One thread at a time.
/// </summary>
internal sealed class EventHeaders
{
    // Names come from producers: beyond this many no new one is remembered.
    private const int NamesMax = 1024;

    private readonly List<Slot> _slots = [];
    private readonly Dictionary<string, string> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private Headers _headers = new();
    private int _used;

    internal EventHeaders() => _lookup = _names.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>Bytes of names and values, for the limit on a message.</summary>
    internal int Bytes { get; private set; }

    /// <summary>Headers added since <see cref="Clear"/>.</summary>
    internal int Count => _used;

    /// <summary>Starts the next event's headers.</summary>
    internal void Clear()
    {
        _used = 0;
        Bytes = 0;
    }

    /// <summary>Adds a header.</summary>
    internal void Add(string name, ReadOnlySpan<byte> value)
    {
        if (_used == _slots.Count)
        {
            _slots.Add(new Slot(name));
            _headers.Add(_slots[_used]);
        }
        else if (_slots[_used].Key != name)
        {
            // Another shape: the client's collection only grows at its end, so it starts over.
            _slots.RemoveRange(_used, _slots.Count - _used);
            _slots.Add(new Slot(name));
            Rebuild();
        }
        _slots[_used++].Set(value);
        Bytes += name.Length + value.Length;
    }

    /// <summary>Adds a header whose name is ASCII bytes.</summary>
    internal void Add(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        Span<char> characters = stackalloc char[name.Length];
        Encoding.ASCII.GetChars(name, characters);
        Add(NameOf(characters), value);
    }

    /// <summary>What the client takes; valid until the next <see cref="Clear"/>.</summary>
    internal Headers Take()
    {
        if (_used < _slots.Count)
        {
            _slots.RemoveRange(_used, _slots.Count - _used);
            Rebuild();
        }
        return _headers;
    }

    private string NameOf(ReadOnlySpan<char> characters)
    {
        if (_lookup.TryGetValue(characters, out var name))
        {
            return name;
        }
        name = characters.ToString();
        if (_names.Count < NamesMax)
        {
            _names.Add(name, name);
        }
        return name;
    }

    private void Rebuild()
    {
        _headers = new Headers();
        foreach (var slot in _slots)
        {
            _headers.Add(slot);
        }
    }

    private sealed class Slot(string name) : IHeader
    {
        private byte[] _value = [];

        public string Key => name;

        public byte[] GetValueBytes() => _value;

        internal void Set(ReadOnlySpan<byte> value)
        {
            if (_value.Length != value.Length)
            {
                _value = new byte[value.Length];
            }
            value.CopyTo(_value);
        }
    }
}
