using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace Ingest.Intake.Idempotency;

/// <summary>
/// What makes a request one that may be repeated: whose it is, by a digest, and what it brought, by another. The first of its events
/// carries it in the log, the others carry <see cref="Continuation"/>, so that the answers can be given again after a restart.
/// </summary>
/// <param name="Identity">Stream, producer and the key given, digested.</param>
/// <param name="Fingerprint">
/// The media type and the body, digested; 0 where the identity alone decides (docs/decisions/0061-repeats-by-id.md).
/// </param>
internal readonly record struct RequestMark(UInt128 Identity, UInt128 Fingerprint)
{
    /// <summary>Bytes of the mark on the first event: <c>u8 1 · u128 identity · u128 fingerprint</c>, little-endian.</summary>
    internal const int Bytes = 33;

    private const byte FirstKind = 1;
    private const byte ContinuationKind = 2;

    /// <summary>The mark on every further event of the request.</summary>
    internal static ReadOnlySpan<byte> Continuation => [ContinuationKind];

    internal static bool IsContinuation(ReadOnlySpan<byte> mark) => mark.SequenceEqual(Continuation);

    internal static bool TryRead(ReadOnlySpan<byte> mark, out RequestMark request)
    {
        var isFirst = mark.Length == Bytes && mark[0] == FirstKind;
        request = isFirst
            ? new RequestMark(BinaryPrimitives.ReadUInt128LittleEndian(mark[1..]), BinaryPrimitives.ReadUInt128LittleEndian(mark[17..]))
            : default;
        return isFirst;
    }

    internal void Write(Span<byte> target)
    {
        target[0] = FirstKind;
        BinaryPrimitives.WriteUInt128LittleEndian(target[1..], Identity);
        BinaryPrimitives.WriteUInt128LittleEndian(target[17..], Fingerprint);
    }

    /// <summary>The mark of a request with the header <c>Idempotency-Key</c>.</summary>
    internal static RequestMark OfKey(
        string stream, string producer, ReadOnlySpan<char> key, ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        Span<byte> utf8 = stackalloc byte[Encoding.UTF8.GetMaxByteCount(key.Length)];
        return new RequestMark(Digest("key"u8, stream, producer, default, utf8[..Encoding.UTF8.GetBytes(key, utf8)]), Digest(type, body));
    }

    /// <summary>Whether the same key may come with nothing but the same body.</summary>
    internal bool IsExact => Fingerprint != 0;

    /// <summary>
    /// The mark of a request that brings one CloudEvent. Source and id alone say which event it is: a sender may write it down anew with
    /// each attempt.
    /// </summary>
    internal static RequestMark OfCloudEvent(string stream, string producer, ReadOnlySpan<byte> source, ReadOnlySpan<byte> id) =>
        new(Digest("cloudevent"u8, stream, producer, source, id), Fingerprint: 0);

    /// <summary>The mark of a request with one of the headers of <c>Intake:IdempotencyHeaders</c>: its value alone decides.</summary>
    internal static RequestMark OfHeader(string stream, string producer, string name, string value) =>
        new(
            Digest("header"u8, stream, producer, Encoding.UTF8.GetBytes(name.ToLowerInvariant()), Encoding.UTF8.GetBytes(value)),
            Fingerprint: 0);

    /// <summary>
    /// The mark of a request that a dialect knows by ids. Its bytes are no part of it: much of a repeated request may have changed.
    /// </summary>
    internal static RequestMark OfIds(string dialect, string producer, ReadOnlySpan<byte> ids) =>
        new(Digest("ids"u8, dialect, producer, default, ids), Fingerprint: 0);

    internal static UInt128 Digest(
        ReadOnlySpan<byte> kind, string stream, string producer, ReadOnlySpan<byte> source, ReadOnlySpan<byte> key)
    {
        const int PartsMax = 5;
        var length = (PartsMax * sizeof(int)) + kind.Length + source.Length + key.Length
            + Encoding.UTF8.GetMaxByteCount(stream.Length) + Encoding.UTF8.GetMaxByteCount(producer.Length);
        var parts = length <= 1024 ? stackalloc byte[1024] : new byte[length];
        var rest = parts;
        Append(ref rest, kind);
        Append(ref rest, stream);
        Append(ref rest, producer);
        Append(ref rest, source);
        Append(ref rest, key);
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(parts[..^rest.Length], sum);
        return BinaryPrimitives.ReadUInt128LittleEndian(sum);
    }

    internal static UInt128 Digest(ReadOnlySpan<byte> type, ReadOnlySpan<byte> body)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(digest, type);
        digest.AppendData(body);
        return Finish(digest);
    }

    // With their lengths, so that no two lists of parts look the same.
    private static void Append(ref Span<byte> rest, ReadOnlySpan<byte> part)
    {
        BinaryPrimitives.WriteInt32LittleEndian(rest, part.Length);
        part.CopyTo(rest[sizeof(int)..]);
        rest = rest[(sizeof(int) + part.Length)..];
    }

    private static void Append(ref Span<byte> rest, string part)
    {
        var length = Encoding.UTF8.GetBytes(part, rest[sizeof(int)..]);
        BinaryPrimitives.WriteInt32LittleEndian(rest, length);
        rest = rest[(sizeof(int) + length)..];
    }

    private static void Append(IncrementalHash digest, ReadOnlySpan<byte> part)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, part.Length);
        digest.AppendData(length);
        digest.AppendData(part);
    }

    private static UInt128 Finish(IncrementalHash digest)
    {
        Span<byte> sum = stackalloc byte[SHA256.HashSizeInBytes];
        digest.GetHashAndReset(sum);
        return BinaryPrimitives.ReadUInt128LittleEndian(sum);
    }
}
