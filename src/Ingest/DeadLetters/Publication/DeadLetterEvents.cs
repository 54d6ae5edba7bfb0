using System.Buffers;
using System.Globalization;
using System.Text;
using Ingest.DeadLetters.Storage;
using Ingest.Events;

namespace Ingest.DeadLetters.Publication;

/// <summary>
/// Makes events of dead letters: the event that was refused, unchanged, with further attributes that say by whom and why. One thread at a
/// time.
/// </summary>
/// <param name="logId">Identity of the node's log.</param>
internal sealed class DeadLetterEvents(Guid logId)
{
    /// <summary>What all further attributes' names begin with.</summary>
    internal const string Prefix = "ingest-dead-";

    private readonly string _log = logId.ToString("N", CultureInfo.InvariantCulture);
    private readonly ArrayBufferWriter<byte> _body = new();
    private readonly ArrayBufferWriter<byte> _attributes = new();

    /// <summary>The event of a record of the dead letters' log, valid until the next call. False: the record is of no new letter.</summary>
    internal bool TryMake(ReadOnlySpan<byte> record, out ReadOnlySpan<byte> body)
    {
        body = default;
        if (!DeadLetterRecord.TryRead(record, out var letter) || letter.Kind != DeadLetterRecordKind.Letter || letter.IsPublished
            || !EventHead.TryRead(letter.Body, out _))
        {
            return false;
        }
        _attributes.ResetWrittenCount();
        Add("id", $"{_log}-{Number(letter.Sequence)}");
        Add("seq", Number(letter.Sequence));
        Add("lane", letter.Lane);
        Add("reason", letter.Reason);
        Add("attempts", Number(letter.Attempts));
        Add("first", EventTime.Text(letter.FirstUnixMs));
        Add("last", EventTime.Text(letter.LastUnixMs));
        _body.ResetWrittenCount();
        EventEncoder.WriteWithAttributes(_body, letter.Body, _attributes.WrittenSpan);
        body = _body.WrittenSpan;
        return true;
    }

    private void Add(string name, string value) =>
        EventEncoder.WriteAttribute(_attributes, Encoding.ASCII.GetBytes(Prefix + name), Encoding.UTF8.GetBytes(value));

    private static string Number(long number) => number.ToString(CultureInfo.InvariantCulture);
}
