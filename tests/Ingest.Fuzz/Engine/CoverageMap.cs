using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Ingest.Fuzz.Engine;

/// <summary>
/// Where instrumented code counts the edges it takes, and which of them were seen before, in AFL's classes of counts. In code that is not
/// instrumented nothing is counted.
/// </summary>
internal sealed unsafe class CoverageMap
{
    private const int Edges = 64 * 1024;

    // For the life of the process: instrumented code of background threads counts at any moment.
    private readonly byte* _hits = (byte*)NativeMemory.AllocZeroed(Edges);
    private readonly byte[] _seen = new byte[Edges];

    internal CoverageMap() => Trace.SharedMem = _hits;

    /// <summary>Edges that were taken so far.</summary>
    internal int SeenEdges { get; private set; }

    /// <summary>Forgets what the last run took.</summary>
    internal void Begin()
    {
        new Span<byte>(_hits, Edges).Clear();
        Trace.PrevLocation = 0;
    }

    /// <summary>Takes over what the run took; true where some of it is new.</summary>
    internal bool TakeNew()
    {
        var isNew = false;
        foreach (var (edge, group) in Taken())
        {
            if ((_seen[edge] & group) == 0)
            {
                SeenEdges += _seen[edge] == 0 ? 1 : 0;
                _seen[edge] |= group;
                isNew = true;
            }
        }
        return isNew;
    }

    /// <summary>The edges the run took, without their counts.</summary>
    internal HashSet<int> TakenEdges() => [.. Taken().Select(taken => taken.Edge)];

    private List<(int Edge, byte Group)> Taken()
    {
        var taken = new List<(int, byte)>();
        var words = new ReadOnlySpan<ulong>(_hits, Edges / sizeof(ulong));
        for (var word = words.IndexOfAnyExcept(0UL); word >= 0 && word < words.Length;)
        {
            for (var edge = word * sizeof(ulong); edge < (word + 1) * sizeof(ulong); edge++)
            {
                if (_hits[edge] > 0)
                {
                    taken.Add((edge, Group(_hits[edge])));
                }
            }
            var next = words[(word + 1)..].IndexOfAnyExcept(0UL);
            word = next < 0 ? words.Length : word + 1 + next;
        }
        return taken;
    }

    /// <summary>1, 2, 3, 4 to 7, 8 to 15, 16 to 31, 32 to 127, and more: a bit each.</summary>
    private static byte Group(byte hits) => hits switch
    {
        <= 2 => hits,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
