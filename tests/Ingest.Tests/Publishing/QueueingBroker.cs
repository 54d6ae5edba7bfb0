using Ingest.Publishing.Window;

namespace Ingest.Tests.Publishing;

/// <summary>
/// A broker that refuses nothing: flights of all windows wait in one queue, are served one after another, and come back a fixed way later.
/// Windows send whatever they may. Simulated time.
/// </summary>
internal sealed class QueueingBroker(int seed, params AimdWindow[] windows)
{
    private readonly Random _random = new(seed);
    private readonly PriorityQueue<(int Window, AimdDispatch BatchDelivery), TimeSpan> _under = new();
    private readonly HashSet<int> _silent = [];
    private TimeSpan _free;
    private TimeSpan _sum;

    /// <summary>Flights served a second; 0 for as many as come.</summary>
    internal double Capacity { get; set; }

    /// <summary>The way there and back.</summary>
    internal TimeSpan Way { get; set; }

    /// <summary>Most by which one flight's way is longer than another's, as a share of it; spread exponentially.</summary>
    internal double Jitter { get; init; }

    internal TimeSpan Now { get; private set; }

    /// <summary>Flights served for each window since <see cref="Forget"/>.</summary>
    internal int[] Served { get; } = new int[windows.Length];

    /// <summary>The longest round trip since <see cref="Forget"/>.</summary>
    internal TimeSpan Longest { get; private set; }

    /// <summary>The mean round trip since <see cref="Forget"/>.</summary>
    internal TimeSpan Mean => _sum / Math.Max(1, Served.Sum());

    /// <summary>Begins to count anew.</summary>
    internal void Forget()
    {
        Served.AsSpan().Clear();
        (Longest, _sum) = (TimeSpan.Zero, TimeSpan.Zero);
    }

    /// <summary>A window has nothing to send until it is woken.</summary>
    internal void Silence(int window) => _silent.Add(window);

    internal void Wake(int window) => _silent.Remove(window);

    /// <summary>Lets time pass.</summary>
    internal void Run(TimeSpan time)
    {
        var end = Now + time;
        Send();
        while (_under.TryPeek(out var landing, out var at) && at <= end)
        {
            _under.Dequeue();
            Now = at;
            var trip = Now - landing.BatchDelivery.Dispatched;
            Longest = trip > Longest ? trip : Longest;
            _sum += trip;
            Served[landing.Window]++;
            windows[landing.Window].Succeeded(landing.BatchDelivery, Now);
            Send();
        }
        Now = end;
    }

    private void Send()
    {
        for (var window = 0; window < windows.Length; window++)
        {
            while (!_silent.Contains(window) && windows[window].CanDispatch)
            {
                _free = (_free > Now ? _free : Now) + (Capacity > 0 ? TimeSpan.FromSeconds(1 / Capacity) : TimeSpan.Zero);
                var late = Jitter > 0 ? -Math.Log(1 - _random.NextDouble()) * Jitter : 0;
                _under.Enqueue((window, windows[window].Dispatch(Now)), _free + (Way * (1 + late)));
            }
        }
    }
}
