namespace Ingest.Intake.Body;

/// <summary>A compressed body as a stream that knows whether its reader wanted more than there is.</summary>
internal sealed class EncodedStream(byte[] bytes, int length) : MemoryStream(bytes, 0, length, writable: false)
{
    /// <summary>Whether something was asked for behind the end.</summary>
    internal bool EndWasRead { get; private set; }

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = base.Read(buffer, offset, count);
        EndWasRead |= read == 0 && count > 0;
        return read;
    }
}
