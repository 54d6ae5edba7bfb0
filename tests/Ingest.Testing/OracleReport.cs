using System.Globalization;
using System.Text;

namespace Ingest.Testing;

/// <summary>What is wrong, or merely worth counting, about a delivered event or a request.</summary>
public enum Finding
{
    /// <summary>Answered with 202 and not delivered.</summary>
    Lost,

    /// <summary>Delivered but never sent, or not as it was sent: other bytes, stream, key or format.</summary>
    Unexpected,

    /// <summary>Delivered again.</summary>
    Duplicated,

    /// <summary>Refused with the promise that nothing was stored, and delivered.</summary>
    RefusedButStored,

    /// <summary>A batch of which only some events were delivered.</summary>
    Torn,

    /// <summary>Delivered before an event of the same stream and key with a lower sequence number.</summary>
    Misordered,

    /// <summary>Numbered below an event whose 202 had come before this one was sent.</summary>
    Backdated,

    /// <summary>A 202 whose sequence numbers are not those of the delivered events.</summary>
    Misnumbered,

    /// <summary>A sequence number on two different events.</summary>
    Repeated,

    /// <summary>A sequence number below the highest one that was not delivered.</summary>
    Gap,

    /// <summary>No answer and no end of the connection.</summary>
    Hung,
}

/// <summary>What the oracle found.</summary>
public sealed class OracleReport
{
    private const int ExamplesMax = 5;

    private readonly long[] _counts = new long[Enum.GetValues<Finding>().Length];
    private readonly Dictionary<Finding, List<string>> _examples = [];

    /// <summary>Requests by outcome.</summary>
    public required IReadOnlyDictionary<AttemptOutcome, long> Requests { get; init; }

    /// <summary>Events in requests answered with 202.</summary>
    public required long Acknowledged { get; init; }

    /// <summary>Lines delivered.</summary>
    public long Delivered { get; internal set; }

    /// <summary>Delivered although the client was cut off before it saw a 202: allowed, and never counted as wrong.</summary>
    public long Recovered { get; internal set; }

    /// <summary>How often something was found.</summary>
    public long this[Finding finding] => _counts[(int)finding];

    /// <summary>Nothing at all was found.</summary>
    public bool IsClean => _counts.All(count => count == 0);

    /// <summary>Counts, then an example or more of each finding.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append("requests      ").AppendJoin(", ", Requests.Select(pair => $"{pair.Key} {pair.Value}")).Append('\n');
        text.Append(CultureInfo.InvariantCulture, $"acknowledged  {Acknowledged,12:N0} events\n");
        text.Append(CultureInfo.InvariantCulture, $"delivered     {Delivered,12:N0}\n");
        text.Append(CultureInfo.InvariantCulture, $"recovered     {Recovered,12:N0}  (delivered, the client saw no 202)\n");
        foreach (var finding in Enum.GetValues<Finding>())
        {
            text.Append(CultureInfo.InvariantCulture, $"{finding,-17}{this[finding],9:N0}\n");
            foreach (var example in _examples.GetValueOrDefault(finding, []))
            {
                text.Append("    ").Append(example).Append('\n');
            }
        }
        return text.ToString();
    }

    internal void Add(Finding finding, Func<string> example)
    {
        _counts[(int)finding]++;
        if (!_examples.TryGetValue(finding, out var examples))
        {
            _examples[finding] = examples = [];
        }
        if (examples.Count < ExamplesMax)
        {
            examples.Add(example());
        }
    }
}
