using System.Buffers;
using Ingest.Intake.Http;
using Ingest.Intake.Producers;
using Ingest.Queue;
using Ingest.Testing;
using Ingest.Wal.Writing;

namespace Ingest.Tests.Intake.Producers;

/// <summary>
/// One random history: two producers that share an id and one that has its own send, repeat, skip and cut anew; the queue stores or
/// refuses; the node is killed and started again from what is stored and from its file.
/// </summary>
internal sealed class ProducerHistory
{
    private readonly Random _random;
    private readonly FakeTime _time = new();
    private readonly StepContext _context = new();
    private readonly StoredNumbers _numbers = new();
    private readonly List<(ProducerMark Mark, RecordBatch Batch, TaskCompletionSource<CommitReceipt> Answer)> _queue = [];
    private readonly Sender[] _senders = [new("shared", "x"), new("shared", "y"), new("own", "z")];
    private readonly List<Task> _requests = [];
    private ProducerSequences _sequences;
    private SequencedSubmit _submit = null!;
    private byte[] _file = [];
    private int _through;
    private int? _saving;

    internal ProducerHistory(int seed)
    {
        _random = new Random(seed);
        _sequences = Open();
    }

    internal int Repeats { get; private set; }

    internal int Refused { get; private set; }

    internal int Restarts { get; private set; }

    internal int Stored => _numbers.Log.Count;

    internal void Run(int steps)
    {
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(_context);
        try
        {
            for (var step = 0; step < steps; step++)
            {
                Step();
                RunAll();
            }
            while (_queue.Count > 0)
            {
                Settle(refuses: false);
                RunAll();
            }
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(before);
        }
    }

    private void RunAll()
    {
        _context.RunAll();
        foreach (var request in _requests.Where(request => request.IsCompleted))
        {
            request.GetAwaiter().GetResult();
        }
        _requests.RemoveAll(request => request.IsCompleted);
    }

    private void Step()
    {
        switch (_random.Next(20))
        {
            case < 10:
                Send(_senders[_random.Next(_senders.Length)]);
                break;
            case < 16:
                Settle(refuses: _random.Next(6) == 0);
                break;
            case 16:
                Restart();
                break;
            case 17 or 18:
                Save();
                break;
            default:
                var sender = _senders[_random.Next(_senders.Length)];
                (sender.Epoch, sender.Next) = (sender.Epoch + 1, 0);
                break;
        }
    }

    private void Send(Sender sender)
    {
        var count = _random.Next(1, 4);
        var first = sender.Next;
        var kind = _random.Next(10);
        if (kind < 3 && sender.Sent.Count > 0)
        {
            (first, count) = sender.Sent[_random.Next(Math.Max(0, sender.Sent.Count - 8), sender.Sent.Count)];
        }
        else if (kind == 3)
        {
            first = Math.Max(0, first + _random.Next(-3, 4));
        }
        else
        {
            sender.Sent.Add((first, count));
            sender.Next += count;
        }
        _requests.Add(SendAsync(sender, sender.Epoch, first, count));
    }

    private async Task SendAsync(Sender sender, long epoch, long first, int count)
    {
        string[] payloads = [.. Enumerable.Range(0, count).Select(i => $"\"{sender.Name}-{epoch}-{first + i}\"")];
        var mark = NumberedBatch.Mark(sender.Id, epoch, first, string.Concat(payloads));
        var sequences = _sequences;
        var batch = NumberedBatch.Encode(mark, payloads, _time.GetUtcNow());
        var result = await _submit.SubmitAsync(batch, mark, "s");
        if (sequences != _sequences)
        {
            return;
        }
        if (!result.Problem.IsNone)
        {
            Refused++;
            Follow(sender, epoch, mark, result.Problem);
        }
        else if (result.Receipt.Status == CommitStatus.Durable)
        {
            Check(mark, payloads, result);
        }
        else if (sender.Epoch == epoch)
        {
            sender.Next = Math.Min(sender.Next, first);
        }
    }

    private void Check(in ProducerMark mark, string[] payloads, in SequencedResult result)
    {
        Repeats += result.IsRepeat ? 1 : 0;
        for (var i = 0; i < payloads.Length; i++)
        {
            var stored = _numbers.Find(mark.Identity, mark.Epoch, mark.First + i);
            Assert.NotNull(stored);
            if (result.Receipt.First > 0)
            {
                Assert.Equal((result.Receipt.First + i, payloads[i]), stored.Value);
            }
        }
    }

    private void Follow(Sender sender, long epoch, in ProducerMark mark, in Problem problem)
    {
        if (problem.Expected is not { } expected)
        {
            Assert.Equal(ProblemKind.Overloaded, problem.Kind);
            sender.Next = sender.Epoch == epoch ? Math.Min(sender.Next, mark.First) : sender.Next;
            return;
        }
        if (_queue.Count == 0 && problem.Kind == ProblemKind.SequenceGap)
        {
            Assert.Equal(_numbers.NextOf(mark.Identity, mark.Epoch), expected.Next);
        }
        if (sender.Epoch == epoch)
        {
            var isOlder = problem.Kind == ProblemKind.ProducerFenced;
            (sender.Epoch, sender.Next) = isOlder ? (expected.Epoch + 1, 0) : (Math.Max(epoch, expected.Epoch), expected.Next);
        }
    }

    private void Settle(bool refuses)
    {
        if (_queue.Count == 0)
        {
            return;
        }
        var (mark, batch, answer) = _queue[0];
        _queue.RemoveAt(0);
        var receipt = new CommitReceipt(_random.Next(2) == 0 ? CommitStatus.Overloaded : CommitStatus.TooLarge);
        if (!refuses)
        {
            var first = _numbers.Append(mark, batch);
            receipt = new CommitReceipt(CommitStatus.Durable, first, _numbers.Log.Count);
        }
        batch.Dispose();
        answer.SetResult(receipt);
    }

    // The queue is stored up to some request, without an answer; the rest of it is lost.
    private void Restart()
    {
        Restarts++;
        foreach (var (mark, batch, _) in _queue.Take(_random.Next(_queue.Count + 1)))
        {
            _numbers.Append(mark, batch);
        }
        _queue.Clear();
        _saving = null;
        _sequences = Open();
        foreach (var sender in _senders)
        {
            sender.Next = sender.Sent.Count > 0 && _random.Next(2) == 0 ? sender.Sent[^1].First : sender.Next;
        }
    }

    private void Save()
    {
        if (_saving is null)
        {
            _saving = _numbers.Log.Count;
            _sequences.Unsaved.BeginSave();
        }
        if (_sequences.Unsaved.IsSettled)
        {
            var content = new ArrayBufferWriter<byte>();
            ProducerTable.Begin(content);
            _sequences.Write(content);
            ProducerTable.End(content);
            (_file, _through, _saving) = (content.WrittenSpan.ToArray(), _saving.Value, null);
        }
    }

    private ProducerSequences Open()
    {
        var sequences = new ProducerSequences(100, TimeSpan.FromDays(1), _time);
        Assert.True(_file.Length == 0 || ProducerTable.TryRead(_file, sequences, _time.GetUtcNow()));
        // What the file holds, the log has given back.
        var recovery = new ProducerRecovery(sequences, _time);
        for (var i = _through; i < _numbers.Log.Count; i++)
        {
            recovery.Add(i + 1, _numbers.Log[i]);
        }
        recovery.End();
        _submit = new SequencedSubmit(QueueAsync, sequences);
        return sequences;
    }

    private ValueTask<CommitReceipt> QueueAsync(RecordBatch batch, string stream, CancellationToken cancel)
    {
        var answer = new TaskCompletionSource<CommitReceipt>(TaskCreationOptions.RunContinuationsAsynchronously);
        var mark = Mark(batch);
        Assert.DoesNotContain(_queue, waiting => waiting.Mark.Identity == mark.Identity);
        _queue.Add((mark, batch, answer));
        return new ValueTask<CommitReceipt>(answer.Task);
    }

    private static ProducerMark Mark(RecordBatch batch)
    {
        Assert.True(Ingest.Events.StoredEvent.TryReadMark(NumberedBatch.Bodies(batch)[0], out var bytes));
        Assert.True(ProducerMark.TryRead(bytes, out var mark));
        return mark;
    }

    private sealed class Sender(string id, string name)
    {
        internal string Id => id;

        internal string Name => name;

        internal long Epoch { get; set; }

        internal long Next { get; set; }

        internal List<(long First, int Count)> Sent { get; } = [];
    }
}
