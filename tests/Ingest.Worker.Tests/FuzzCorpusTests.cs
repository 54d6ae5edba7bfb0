using Ingest.Fuzz;
using Ingest.Fuzz.Engine;

namespace Ingest.Worker.Tests;

/// <summary>Replays what <c>make fuzz</c> kept: every input of every target, with its oracle.</summary>
public sealed class FuzzCorpusTests
{
    private const int CorpusBytesMax = 1024 * 1024;

    public static TheoryData<string> Targets => [.. FuzzTargets.All.Select(target => target.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void No_kept_input_breaks_what_its_target_promises(string name)
    {
        var target = FuzzTargets.Find(name);
        var inputs = FuzzTargets.InputsOf(target);

        Assert.NotEmpty(inputs);
        Assert.All(inputs, target.Run);
    }

    [Fact]
    public void The_corpus_is_small_and_belongs_to_targets()
    {
        var folders = Directory.GetDirectories(Corpus.Root);

        var names = folders.Select(folder => Path.GetFileName(folder)).ToHashSet();
        Assert.Subset(FuzzTargets.All.Select(target => target.Name).ToHashSet(), names);
        var files = folders.SelectMany(Directory.GetFiles).Select(file => new FileInfo(file).Length).ToList();
        Assert.All(files, length => Assert.InRange(length, 0, FuzzTargets.InputBytesMax));
        Assert.InRange(files.Sum(), 1, CorpusBytesMax);
    }
}
