using System.Buffers.Binary;
using System.Security.Cryptography;
using Ingest.Intake.Body;

namespace Ingest.Intake.Dialects;

/// <summary>Digests the ids of a request's events, each with its stream. One thread at a time; used again for each request.</summary>
internal sealed class EventIds : IDisposable
{
    // A call of the digest costs more than the bytes of an id.
    private const int BytesAtOnce = 16 * 1024;

    private readonly IncrementalHash _digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly ScratchBuffer _gathered = new();
    private bool _isBegun;
    private bool _hasAll;

    /// <inheritdoc/>
    public void Dispose() => _digest.Dispose();

    internal void Begin()
    {
        _hasAll = true;
        _gathered.Clear();
        if (_isBegun)
        {
            Span<byte> unused = stackalloc byte[SHA256.HashSizeInBytes];
            Finish(unused);
        }
    }

    /// <summary>Takes the id of the next event; empty: it has none, and so the request has no ids.</summary>
    internal void Add(ReadOnlySpan<byte> stream, ReadOnlySpan<byte> id)
    {
        if (id.IsEmpty)
        {
            _hasAll = false;
            return;
        }
        // With their lengths, so that no two lists look the same.
        var length = (2 * sizeof(int)) + stream.Length + id.Length;
        var target = _gathered.GetSpan(length);
        BinaryPrimitives.WriteInt32LittleEndian(target, stream.Length);
        BinaryPrimitives.WriteInt32LittleEndian(target[sizeof(int)..], id.Length);
        stream.CopyTo(target[(2 * sizeof(int))..]);
        id.CopyTo(target[(length - id.Length)..]);
        _gathered.Advance(length);
        if (_gathered.Written.Length >= BytesAtOnce)
        {
            Digest();
        }
    }

    /// <summary>Where every event has an id, their digest: the same for the same ids in the same order.</summary>
    internal bool TryFinish(Span<byte> digest)
    {
        if (_hasAll)
        {
            Digest();
            Finish(digest);
        }
        return _hasAll;
    }

    private void Digest()
    {
        _digest.AppendData(_gathered.Written);
        _gathered.Clear();
        _isBegun = true;
    }

    private void Finish(Span<byte> digest)
    {
        _digest.GetHashAndReset(digest);
        _isBegun = false;
    }
}
