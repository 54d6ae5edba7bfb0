using System.Buffers;

namespace Ingest.Testing;

/// <summary>
/// Compares what clients were told with what was delivered, after everything was: the classes of Jepsen's total-queue checker (lost,
/// unexpected, duplicated, recovered), and what our own answers promise beyond them.
/// </summary>
public sealed class Oracle
{
    private readonly EventJournal _journal;
    private readonly IReadOnlyList<Attempt> _attempts;
    private readonly OracleReport _report;

    // By event number, which counts from 1 without gaps; and by sequence number, which the log may pass over.
    private readonly long[] _sequenceOf;
    private readonly Dictionary<long, long> _eventAt = [];
    private readonly PassedOverNumbers _passedOver;

    private readonly Dictionary<(string Stream, string Key), long> _lastOfKey = [];
    private readonly ArrayBufferWriter<byte> _expected = new();

    private Oracle(EventJournal journal, PassedOverNumbers passedOver)
    {
        (_journal, _passedOver) = (journal, passedOver);
        _attempts = journal.Attempts;
        var events = _attempts.Count == 0 ? 0 : _attempts[^1].FirstId + _attempts[^1].Count - 1;
        _sequenceOf = new long[events + 1];
        _report = new OracleReport
        {
            Requests = _attempts.GroupBy(attempt => attempt.Outcome).ToDictionary(group => group.Key, group => group.LongCount()),
            Acknowledged = journal.AcceptedEvents,
        };
    }

    /// <summary>Judges the file sink's output. Call it when the node has drained and stopped.</summary>
    /// <param name="journal">What clients sent and were told.</param>
    /// <param name="outputDirectory">Where the file sink wrote.</param>
    /// <param name="passedOver">Numbers the log says it never gave out.</param>
    public static OracleReport Judge(EventJournal journal, string outputDirectory, PassedOverNumbers passedOver)
    {
        var oracle = new Oracle(journal, passedOver);
        DeliveredEvents.Read(outputDirectory, oracle.Deliver);
        oracle.JudgeAttempts();
        oracle.JudgeSequence();
        return oracle._report;
    }

    private void Deliver(DeliveredEvent delivered)
    {
        _report.Delivered++;
        var id = EventSource.ReadId(delivered.Payload.Span);
        if (id < 1 || id >= _sequenceOf.Length)
        {
            _report.Add(Finding.Unexpected, () => $"{Place(delivered)}: event {id} was never sent");
            return;
        }
        if (Difference(id, delivered) is { } difference)
        {
            _report.Add(Finding.Unexpected, () => $"{Place(delivered)}: event {id} has {difference}");
            return;
        }
        var attempt = AttemptOf(id);
        if (_sequenceOf[id] != 0)
        {
            _report.Add(Finding.Duplicated, () => $"event {id}: {Place(delivered)}, before as {_sequenceOf[id]}");
            return;
        }
        _sequenceOf[id] = delivered.Sequence;
        if (!attempt.MayBeStored)
        {
            _report.Add(Finding.RefusedButStored, () => $"event {id} was answered {attempt.Status} {attempt.Code}");
        }
        NoteSequence(id, delivered);
        NoteOrder(id, delivered);
    }

    private void NoteSequence(long id, DeliveredEvent delivered)
    {
        if (!_eventAt.TryAdd(delivered.Sequence, id))
        {
            _report.Add(Finding.Repeated, () => $"sequence {delivered.Sequence}: events {_eventAt[delivered.Sequence]} and {id}");
        }
        else if (_passedOver.Covers(delivered.Sequence, delivered.Sequence))
        {
            _report.Add(Finding.Misnumbered, () => $"event {id} is {Place(delivered)}, a number that was passed over");
        }
    }

    private void NoteOrder(long id, DeliveredEvent delivered)
    {
        if (delivered.Key.Length == 0)
        {
            return;
        }
        var place = (delivered.Stream, delivered.Key);
        if (_lastOfKey.GetValueOrDefault(place) is var last && last > delivered.Sequence)
        {
            _report.Add(Finding.Misordered, () => $"event {id}, key {delivered.Key}: {Place(delivered)} after {last}");
        }
        _lastOfKey[place] = Math.Max(last, delivered.Sequence);
    }

    private void JudgeAttempts()
    {
        foreach (var attempt in _attempts)
        {
            var stored = Enumerable.Range(0, attempt.Count).Count(offset => _sequenceOf[attempt.FirstId + offset] != 0);
            if (attempt.Outcome == AttemptOutcome.Accepted)
            {
                JudgeAccepted(attempt);
            }
            else
            {
                _report.Recovered += stored;
            }
            if (stored > 0 && stored < attempt.Count)
            {
                _report.Add(Finding.Torn, () => $"events {Range(attempt)}: {stored} of {attempt.Count}, {attempt.Outcome}");
            }
            if (attempt.Outcome is AttemptOutcome.Hung or AttemptOutcome.Pending)
            {
                _report.Add(Finding.Hung, () => $"events {Range(attempt)}: {attempt.Outcome}");
            }
        }
    }

    private void JudgeAccepted(Attempt attempt)
    {
        for (var offset = 0; offset < attempt.Count; offset++)
        {
            var id = attempt.FirstId + offset;
            if (_sequenceOf[id] == 0)
            {
                _report.Add(Finding.Lost, () => $"event {id}, answered 202 as sequence {attempt.FirstSequence}..{attempt.LastSequence}");
            }
            else if (attempt.FirstSequence != 0 && _sequenceOf[id] != attempt.FirstSequence + offset)
            {
                var said = attempt.FirstSequence + offset;
                _report.Add(Finding.Misnumbered, () => $"event {id}: the 202 said {said}, the line says {_sequenceOf[id]}");
            }
        }
        if (attempt.FirstSequence != 0 && attempt.LastSequence - attempt.FirstSequence != attempt.Count - 1)
        {
            var said = $"{attempt.FirstSequence}..{attempt.LastSequence}";
            _report.Add(Finding.Misnumbered, () => $"events {Range(attempt)}: the 202 said {said}");
        }
    }

    /// <summary>
    /// Sequence numbers have no gaps but those the log passed over, and agree with what clients can know about the order of their requests.
    /// </summary>
    private void JudgeSequence()
    {
        var latestSent = long.MinValue;
        var before = 0L;
        Attempt? latest = null;
        foreach (var sequence in _eventAt.Keys.Order())
        {
            if (sequence > before + 1 && !_passedOver.Covers(before + 1, sequence - 1))
            {
                var (first, last) = (before + 1, sequence - 1);
                _report.Add(Finding.Gap, () => $"sequences {first}..{last}");
            }
            before = sequence;
            var attempt = AttemptOf(_eventAt[sequence]);
            if (attempt.Outcome == AttemptOutcome.Accepted && attempt.EndedAt < latestSent)
            {
                _report.Add(Finding.Backdated, () => $"events {Range(latest!)} are numbered below {Range(attempt)}, answered before");
            }
            if (attempt.SentAt > latestSent)
            {
                (latestSent, latest) = (attempt.SentAt, attempt);
            }
        }
    }

    /// <summary>In what an event differs from what was sent; null when in nothing.</summary>
    private string? Difference(long id, DeliveredEvent delivered)
    {
        var attempt = AttemptOf(id);
        _expected.ResetWrittenCount();
        var opaque = attempt.Shape == BodyShape.Opaque;
        if (opaque)
        {
            _journal.Source.WriteOpaque(id, _expected);
        }
        else
        {
            _journal.Source.WriteJson(id, _expected);
        }
        var (length, sent) = (delivered.Payload.Length, _expected.WrittenCount);
        return !delivered.Payload.Span.SequenceEqual(_expected.WrittenSpan) ? $"{length} other bytes than the {sent} sent"
            : delivered.Opaque != opaque ? "another format"
            : delivered.Stream != attempt.Stream ? $"another stream than {attempt.Stream}"
            : delivered.Key != attempt.Key ? $"key '{delivered.Key}' instead of '{attempt.Key}'"
            : null;
    }

    private Attempt AttemptOf(long id)
    {
        var (low, high) = (0, _attempts.Count - 1);
        while (low < high)
        {
            var middle = (low + high + 1) / 2;
            (low, high) = _attempts[middle].FirstId <= id ? (middle, high) : (low, middle - 1);
        }
        return _attempts[low];
    }

    private static string Place(DeliveredEvent delivered) => $"sequence {delivered.Sequence} in {delivered.File}";

    private static string Range(Attempt attempt) => $"{attempt.FirstId}..{attempt.FirstId + attempt.Count - 1}";
}
