using Ingest.Fuzz.Engine;
using Ingest.Fuzz.Targets;

namespace Ingest.Fuzz;

/// <summary>Every target.</summary>
public static class FuzzTargets
{
    /// <summary>In the order of the table.</summary>
    public static IReadOnlyList<FuzzTarget> All { get; } =
    [
        new SegmentTarget(), new CursorTarget(), new EpochsTarget(), new EventTarget(),
        new JsonTarget(), new BodiesTarget(), new CloudEventTarget(), new CloudEventHeadersTarget(), new CompressionTarget(),
        .. DialectTargets.All,
        new SettingsTarget(), new PolicyTarget(), new KeyFileTarget(),
        new RepeatsTarget(), new ProducersTarget(), new AheadTarget(), new ProgressTarget(),
        new DeadLetterTarget(), new ParkedTarget(), new PositionTarget(),
    ];

    /// <summary>Most bytes of an input.</summary>
    public static int InputBytesMax => FuzzTarget.InputBytesMax;

    /// <summary>What a target begins with: its seeds and what is kept in the tree.</summary>
    public static IReadOnlyList<byte[]> InputsOf(FuzzTarget target)
    {
        ArgumentNullException.ThrowIfNull(target);
        return [.. target.Seeds, .. Corpus.Read(target)];
    }

    /// <summary>The target of that name.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static FuzzTarget Find(string name) => All.FirstOrDefault(target => target.Name == name)
        ?? throw new ArgumentException($"There is no target {name}.", nameof(name));
}
