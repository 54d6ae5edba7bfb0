using Ingest.Crash.Tests.Harness;
using Ingest.Testing;

namespace Ingest.Crash.Tests.Damage;

/// <summary>
/// One bit flipped in one file of a stopped node's directory, file after file: the next start does as if nothing were, or says which file
/// is damaged; no wrong byte is delivered either way.
/// </summary>
public sealed class FlippedBitTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_bit_flipped_in_any_file_changes_nothing_or_is_said_and_no_wrong_byte_is_delivered()
    {
        var random = new Random(TestSeed.Read(output.WriteLine));
        using var directory = new TemporaryDirectory();
        await using var downstream = await HttpDownstream.StartAsync();
        var stopped = new StoppedNode(directory.Path, downstream);
        await stopped.FillAsync();
        var sound = await stopped.StartCopyAsync(_ => { });
        Assert.True(sound.IsUp, sound.Output);
        var files = stopped.Files.ToArray();
        random.Shuffle(files);
        var wrong = new List<string>();
        var (said, same) = (0, 0);
        foreach (var file in Enumerable.Range(0, Scale.Flips).Select(index => files[index % files.Length]))
        {
            var (at, bit) = (Place(stopped.BytesOf(file), random), random.Next(8));
            var outcome = await stopped.StartCopyAsync(copy => Flip(Path.Combine(copy, file), at, bit));
            var (isSame, isSaid) = (outcome.IsAs(sound), Says(outcome, file));
            (same, said) = (same + (isSame ? 1 : 0), said + (isSame ? 0 : 1));
            var what = isSame ? "as before" : isSaid ? "said" : "SILENT";
            output.WriteLine($"{file} byte {at} bit {bit}: {what}{(outcome.IsUp ? "" : ", refused")}");
            if (outcome.Lines.Except(sound.Lines).Any())
            {
                wrong.Add($"{file} byte {at} bit {bit}: wrong bytes delivered: {outcome.Lines.Except(sound.Lines).First()}");
            }
            if (!isSame && !isSaid)
            {
                wrong.Add($"{file} byte {at} bit {bit}: silent; {outcome.Lines.Length} of {sound.Lines.Length} lines\n{outcome.Output}");
            }
        }
        output.WriteLine($"{Scale.Flips} bits flipped in {files.Length} files: {same} as before, {said} said");
        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    /// <summary>Mostly among the bytes that are not zero: much of these files is room.</summary>
    private static int Place(byte[] bytes, Random random)
    {
        var filled = bytes.Index().Where(entry => entry.Item != 0).Select(entry => entry.Index).ToArray();
        return filled.Length > 0 && random.Next(8) > 0 ? filled[random.Next(filled.Length)] : random.Next(bytes.Length);
    }

    /// <summary>The log of the node names the file, or the folder it is in where that is what was given up.</summary>
    private static bool Says(NodeOutcome outcome, string file) =>
        outcome.Output.Contains(Path.GetFileName(file), StringComparison.Ordinal)
        || outcome.Output.Contains(Path.GetDirectoryName(file)!, StringComparison.Ordinal);

    private static void Flip(string path, long at, int bit)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite);
        file.Position = at;
        var value = file.ReadByte();
        file.Position = at;
        file.WriteByte((byte)(value ^ (1 << bit)));
    }
}
