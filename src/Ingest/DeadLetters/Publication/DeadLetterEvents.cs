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
/// <param name="epochOf">Under what identity the node's log gave a number out.</param>
internal sealed class DeadLetterEvents(Func<long, Guid> epochOf)
{
    /// <summary>What all further attributes' names begin with.</summary>
    internal const string Prefix = "ingest-dead-";

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
        Add("id", $"{epochOf(letter.Sequence):N}-{Number(letter.Sequence)}");
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
