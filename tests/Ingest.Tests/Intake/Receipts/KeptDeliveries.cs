using Ingest.Intake.Receipts;

namespace Ingest.Tests.Intake.Receipts;

/// <summary>Deliveries that are as far as a test says.</summary>
internal sealed class KeptDeliveries : IDeliveries
{
    private readonly Lock _lock = new();
    private TaskCompletionSource _moved = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _settled;

    /// <summary>Events that were settled otherwise than by delivery.</summary>
    internal HashSet<long> DeadLettered { get; } = [];

    /// <summary>Everything up to here is settled.</summary>
    internal long Settled
    {
        get
        {
            lock (_lock)
            {
                return _settled;
            }
        }

        set
        {
            lock (_lock)
            {
                _settled = value;
                _moved.SetResult();
                _moved = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            }
        }
    }

    public string IdentityOf(long sequence) => "0123456789abcdef0123456789abcdef";

    public IReadOnlyList<EventReceipt> Receipts(long first, long last)
    {
        var pending = Math.Clamp(last - Settled, 0, last - first + 1);
        var dead = DeadLettered.Count(sequence => sequence >= first && sequence <= last);
        return [new EventReceipt("kept", last - first + 1 - pending - dead, pending, 0, dead, 0, 0)];
    }

    public async Task WhenSettledAsync(long sequence, CancellationToken cancel)
    {
        while (true)
        {
            Task moved;
            lock (_lock)
            {
                if (_settled >= sequence)
                {
                    return;
                }
                moved = _moved.Task;
            }
            await moved.WaitAsync(cancel);
        }
    }
}
