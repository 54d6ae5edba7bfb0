using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using Ingest.Intake.Dialects;

namespace Ingest.Tests.Intake.Dialects;

/// <summary>The digest of ids lies in logs and files of earlier builds: what it is made of never changes.</summary>
public sealed class EventIdsTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(3000)]
    public void The_digest_is_of_all_ids_with_their_streams_and_lengths_however_many_there_are(int count)
    {
        using var ids = new EventIds();
        ids.Begin();
        ids.Add("left over"u8, "from a request that was refused"u8);
        for (var again = 0; again < 2; again++)
        {
            ids.Begin();
            using var expected = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            for (var number = 0; number < count; number++)
            {
                var (stream, id) = (Encoding.UTF8.GetBytes($"s{number % 3}"), Encoding.UTF8.GetBytes($"message-{number}"));
                ids.Add(stream, id);
                var lengths = new byte[8];
                BinaryPrimitives.WriteInt32LittleEndian(lengths, stream.Length);
                BinaryPrimitives.WriteInt32LittleEndian(lengths.AsSpan(4), id.Length);
                expected.AppendData([.. lengths, .. stream, .. id]);
            }
            var digest = new byte[SHA256.HashSizeInBytes];
            Assert.True(ids.TryFinish(digest));
            Assert.Equal(expected.GetHashAndReset(), digest);
        }
    }

    [Fact]
    public void One_event_without_an_id_leaves_the_request_without()
    {
        using var ids = new EventIds();
        ids.Begin();
        ids.Add("s"u8, "1"u8);
        ids.Add("s"u8, default);
        Assert.False(ids.TryFinish(new byte[SHA256.HashSizeInBytes]));
    }
}
