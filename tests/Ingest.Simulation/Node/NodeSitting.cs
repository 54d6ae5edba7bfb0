using System.Diagnostics;
using System.Globalization;
using System.IO.Hashing;
using System.Text;

namespace Ingest.Simulation.Node;

/// <summary>Runs histories one after another and says what they came to.</summary>
internal static class NodeSitting
{
    private const int TailLines = 60;
    private const int ProgressEvery = 50_000;

    /// <summary>
    /// Does what the arguments say. <c>run COUNT FIRST</c>: so many histories from a seed on; with a third number in so many processes,
    /// and with one line of what they came to. <c>sums COUNT FIRST</c>: runs each twice,
    /// compares all they do, and prints a sum over it. <c>trace SEED [ACTIONS]</c>: prints all that one does.
    /// </summary>
    /// <returns>0: all held. 1: one did not, and its seed was printed. 2: the arguments are wrong.</returns>
    internal static int Run(string[] args)
    {
        var numbers = args.Skip(1).Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        return (args.FirstOrDefault(), numbers) switch
        {
            ("run", [var count, var first]) => RunMany(SeizedThreadPool.Seize(), count, first),
            ("run", [var count, var first, var processes]) => SittingWorkers.Run(count, first, processes),
            ("sums", [var count, var first]) => Sum(SeizedThreadPool.Seize(), count, first),
            ("trace", [var seed]) => Trace(SeizedThreadPool.Seize(), seed, int.MaxValue),
            ("trace", [var seed, var actions]) => Trace(SeizedThreadPool.Seize(), seed, actions),
            _ => Usage(),
        };
    }

    private static int Usage()
    {
        Console.Error.WriteLine("run COUNT FIRST [PROCESSES] | sums COUNT FIRST | trace SEED [ACTIONS]");
        return 2;
    }

    private static int RunMany(SeizedThreadPool pool, int count, int first)
    {
        var sums = new SittingSums();
        int? failed = null;
        for (var seed = first; seed < first + count && failed is null; seed++)
        {
            var history = new NodeHistory(pool, seed);
            if (Failure(history) is null)
            {
                sums.Add(seed, history);
            }
            else
            {
                failed = seed;
            }
            if ((seed - first + 1) % ProgressEvery == 0)
            {
                Console.Error.WriteLine($"{sums.Histories} of {count} histories from seed {first} on held");
            }
        }
        using var process = Process.GetCurrentProcess();
        sums.Took(process.TotalProcessorTime);
        Console.WriteLine(sums.Describe(first));
        return failed is { } found ? Explain(pool, found) : 0;
    }

    // The fewest actions that fail, and what led to it.
    private static int Explain(SeizedThreadPool pool, int seed)
    {
        for (var actions = 0; actions <= NodeHistory.ActionsMax; actions++)
        {
            var (steps, tail) = (new List<string>(), new Queue<string>());
            var history = new NodeHistory(pool, seed, actions)
            {
                Trace = line =>
                {
                    if (line.StartsWith("==", StringComparison.Ordinal))
                    {
                        steps.Add(line);
                    }
                    tail.Enqueue(line);
                    _ = tail.Count > TailLines ? tail.Dequeue() : null;
                },
            };
            if (Failure(history) is { } failure)
            {
                Console.WriteLine($"seed {seed} fails after {actions} actions (trace {seed} {actions} shows all of it)");
                steps.ForEach(Console.WriteLine);
                Console.WriteLine("-- the last of it:");
                Console.WriteLine(string.Join('\n', tail));
                Console.WriteLine(failure);
                return 1;
            }
        }
        Console.WriteLine($"seed {seed} fails, but not while it is traced: something decides besides the seed");
        return 1;
    }

    private static Exception? Failure(NodeHistory history)
    {
        try
        {
            history.Run();
            return null;
        }
        catch (Exception e)
        {
            // Whatever it is: a history that does not end well has found something.
            return e;
        }
    }

    private static int Sum(SeizedThreadPool pool, int count, int first)
    {
        for (var seed = first; seed < first + count; seed++)
        {
            var (one, two) = (Lines(pool, seed), Lines(pool, seed));
            var same = one.Zip(two).TakeWhile(lines => lines.First == lines.Second).Count();
            if (same < one.Count || same < two.Count)
            {
                Console.WriteLine($"seed {seed}, line {same + 1}: {one.ElementAtOrDefault(same)} and {two.ElementAtOrDefault(same)}");
                return 1;
            }
            var sum = XxHash3.HashToUInt64(Encoding.UTF8.GetBytes(string.Join('\n', one)));
            Console.WriteLine($"{seed} {one.Count} {sum:x16}");
        }
        return 0;
    }

    private static List<string> Lines(SeizedThreadPool pool, int seed)
    {
        var lines = new List<string>();
        lines.Add(Failure(new NodeHistory(pool, seed) { Trace = lines.Add })?.Message ?? "held");
        return lines;
    }

    private static int Trace(SeizedThreadPool pool, int seed, int actions)
    {
        var failure = Failure(new NodeHistory(pool, seed, actions) { Trace = Console.WriteLine });
        Console.WriteLine(failure is null ? "held" : failure.ToString());
        return failure is null ? 0 : 1;
    }
}
