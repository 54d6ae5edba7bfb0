namespace Ingest.Fuzz.Engine;

/// <summary>
/// Runs one target: its seeds and its corpus, then children of those and of every input that took a new edge, until the time is up.
/// </summary>
internal sealed class FuzzRun(FuzzTarget target, CoverageMap map, FuzzGuard guard, int seed)
{
    private const int FindingsMax = 32;

    private readonly Random _lots = new(seed);
    private readonly List<byte[]> _inputs = [];
    private readonly Dictionary<string, string> _findings = new(StringComparer.Ordinal);

    /// <summary>Inputs that were run.</summary>
    internal long Executions { get; private set; }

    /// <summary>Inputs that took new edges, beside seeds and corpus.</summary>
    internal IReadOnlyList<byte[]> Found => _inputs[_given..];

    /// <summary>Faults, one for each place they show at, and the files they are in.</summary>
    internal IReadOnlyDictionary<string, string> Findings => _findings;

    private int _given;

    /// <summary>Runs for so long.</summary>
    internal TimeSpan Run(IEnumerable<byte[]> given, TimeSpan time)
    {
        var started = TimeProvider.System.GetTimestamp();
        foreach (var input in given.Where(input => input.Length <= FuzzTarget.InputBytesMax))
        {
            Try(input);
            _inputs.Add(input);
        }
        _given = _inputs.Count;
        var mutation = new Mutation(_lots, target.Words);
        while (TimeProvider.System.GetElapsedTime(started) < time && _findings.Count < FindingsMax)
        {
            var child = mutation.Make(Pick(), Pick());
            if (Try(child))
            {
                _inputs.Add(child);
            }
        }
        return TimeProvider.System.GetElapsedTime(started);
    }

    /// <summary>
    /// The fewest and smallest of all inputs that together take every edge, each made as small as it can be while it takes its own.
    /// </summary>
    internal IReadOnlyList<byte[]> Minimize()
    {
        var all = _inputs.Distinct(ByteComparer.Instance).OrderBy(input => input.Length).ToList();
        var edges = all.ConvertAll(EdgesOf);
        var (missing, kept) = (edges.SelectMany(taken => taken).ToHashSet(), new List<byte[]>());
        while (missing.Count > 0)
        {
            var best = Enumerable.Range(0, all.Count).MaxBy(index => edges[index].Count(missing.Contains));
            if (!edges[best].Overlaps(missing))
            {
                break;
            }
            kept.Add(Trim(all[best], [.. edges[best].Where(missing.Contains)]));
            missing.ExceptWith(edges[best]);
        }
        return kept;
    }

    private byte[] Trim(byte[] input, HashSet<int> wanted)
    {
        for (var piece = Math.Max(1, input.Length / 2); piece > 0; piece /= 2)
        {
            for (var at = 0; at + piece <= input.Length;)
            {
                byte[] shorter = [.. input[..at], .. input[(at + piece)..]];
                if (wanted.IsSubsetOf(EdgesOf(shorter)))
                {
                    input = shorter;
                }
                else
                {
                    at += piece;
                }
            }
        }
        return input;
    }

    private HashSet<int> EdgesOf(byte[] input)
    {
        map.Begin();
        try
        {
            target.Run(input);
        }
        catch (Exception)
        {
            // A finding was noted when it was found.
            return [];
        }
        return map.TakenEdges();
    }

    /// <summary>True: it took a new edge.</summary>
    private bool Try(byte[] input)
    {
        Executions++;
        map.Begin();
        guard.Begin(input);
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            target.Run(input);
            var bytes = GC.GetAllocatedBytesForCurrentThread() - allocated;
            FuzzException.Unless(bytes <= target.AllocatedBytesMax, $"allocates more than {target.AllocatedBytesMax} bytes for one input");
        }
        catch (Exception e)
        {
            Note(input, e);
            return false;
        }
        finally
        {
            guard.End();
        }
        return map.TakeNew();
    }

    private void Note(byte[] input, Exception e)
    {
        var place = e is FuzzException ? e.Message : $"{e.GetType().Name} {PlaceOf(e)}";
        if (!_findings.ContainsKey(place))
        {
            _findings[place] = guard.Keep(input, e.ToString());
        }
    }

    private static string PlaceOf(Exception e) =>
        e.StackTrace?.Split('\n').FirstOrDefault(line => line.Contains(" Ingest.", StringComparison.Ordinal))?.Trim() ?? "";

    /// <summary>Later finds more often: they are where the others have not been.</summary>
    private byte[] Pick() =>
        _inputs[_lots.Next(2) == 0 ? _lots.Next(_inputs.Count) : Math.Max(0, _inputs.Count - 1 - _lots.Next(1 + (_inputs.Count / 4)))];

    private sealed class ByteComparer : IEqualityComparer<byte[]>
    {
        internal static readonly ByteComparer Instance = new();

        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode(byte[] obj)
        {
            var hash = default(HashCode);
            hash.AddBytes(obj);
            return hash.ToHashCode();
        }
    }
}
