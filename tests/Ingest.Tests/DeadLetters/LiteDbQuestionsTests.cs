using System.Security.Cryptography;
using Ingest.DeadLetters;
using Ingest.DeadLetters.Projection;
using Ingest.LiteDb;
using Ingest.Testing;

namespace Ingest.Tests.DeadLetters;

/// <summary>Questions answered from LiteDB, also where its files are not what they were.</summary>
public sealed class LiteDbQuestionsTests : QuestionsContract
{
    [Fact]
    public async Task A_start_reads_only_what_is_new()
    {
        await using var fixture = await FilledAsync();
        await LevelAsync(fixture);
        await fixture.RestartAsync();
        await LevelAsync(fixture);
        Assert.Equal(0, fixture.Letters.Status.Projection!.Failures);
        await CheckAllAsync(fixture);
    }

    [Theory]
    [InlineData("junk")]
    [InlineData("cut")]
    [InlineData("empty")]
    [InlineData("deleted")]
    [InlineData("journal deleted")]
    [InlineData("of another log")]
    public async Task Files_that_are_not_what_they_were_are_put_aside_and_filled_again(string damage)
    {
        await using var fixture = await FilledAsync();
        await LevelAsync(fixture);
        await fixture.RestartAsync(async () =>
        {
            await LetGoAsync(fixture.Directory);
            Damage(fixture.Directory, damage);
        });
        await fixture.Settled();
        await CheckAllAsync(fixture);
        Assert.InRange(fixture.Letters.Status.Projection!.Failures, 0, 1);
    }

    [Fact]
    public async Task A_flipped_bit_anywhere_changes_no_answer()
    {
        var seed = RandomNumberGenerator.GetInt32(int.MaxValue);
        var random = new Random(seed);
        await using var fixture = await FilledAsync();
        for (var round = 0; round < 8; round++)
        {
            await LevelAsync(fixture);
            await fixture.RestartAsync(async () =>
            {
                await LetGoAsync(fixture.Directory);
                Flip(fixture.Directory, random);
            });
            await fixture.Settled();
            try
            {
                await CheckAllAsync(fixture);
            }
            catch (Exception e)
            {
                throw new InvalidOperationException($"seed {seed}, round {round}: {e.Message}", e);
            }
        }
    }

    [Fact]
    public async Task A_file_that_another_process_holds_is_not_waited_for_and_is_tried_again()
    {
        await using var fixture = await FilledAsync();
        await LevelAsync(fixture);
        FileStream? held = null;
        await fixture.RestartAsync(() => held = new FileStream(
            DataFile(fixture.Directory), FileMode.Open, FileAccess.ReadWrite, FileShare.None));
        using (held)
        {
            await Poll.Until("it is said", () => fixture.Letters.Status.Projection?.Failures > 0);
            await fixture.Settled();
            Assert.Equal(1000, (await fixture.List()).Count);
        }
        await CheckAllAsync(fixture);
    }

    [Fact]
    public async Task A_store_that_outgrows_its_limit_is_put_aside_and_memory_answers()
    {
        var tooSmall = new ProjectionOptions(new LiteDbProjectionFactory(), 1);
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no", Projection = tooSmall };
        fixture.Log.AppendMany(100);
        fixture.Start();
        await fixture.Settled();
        await Poll.Until(
            "it is put aside",
            () => fixture.Letters.Status.Projection!.Failure?.Contains("StoreBytesMax", StringComparison.Ordinal) == true);
        Assert.Equal(100, Assert.Single(await fixture.Letters.Operations.GroupsAsync(
            DeadLetterGrouping.Lane, DeadLetterFilter.All, CancellationToken.None)).Count);
    }

    [Fact]
    public async Task Its_files_are_not_for_everyone()
    {
        await using var fixture = await FilledAsync();
        await LevelAsync(fixture);
        Assert.All(Directory.GetFiles(fixture.Directory, "projection*"), path => Assert.Equal("640", Mode(path)));
    }

    protected override ProjectionOptions? Create() => new(new LiteDbProjectionFactory(), 1L << 30);

    private static string DataFile(string directory) => Path.Combine(directory, "projection.litedb");

    private static void Damage(string directory, string damage)
    {
        var data = DataFile(directory);
        switch (damage)
        {
            case "junk":
                File.WriteAllBytes(data, [.. Enumerable.Repeat((byte)0x5A, 50_000)]);
                break;
            case "cut":
                File.WriteAllBytes(data, File.ReadAllBytes(data)[..(8192 * 3)]);
                break;
            case "empty":
                File.WriteAllBytes(data, []);
                break;
            case "deleted":
                File.Delete(data);
                break;
            case "of another log":
                File.Delete(data);
                new LiteDbProjectionFactory().Open(directory, Guid.NewGuid(), 1L << 30).Dispose();
                break;
            default:
                File.Delete(Path.Combine(directory, "projection-log.litedb"));
                break;
        }
    }

    // A busy machine may end the writer of the index later than its store, which does not wait for it for ever.
    private static Task LetGoAsync(string directory) => Poll.Until("the index is let go", () =>
    {
        try
        {
            using var file = new FileStream(DataFile(directory), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    });

    private static void Flip(string directory, Random random)
    {
        var bytes = File.ReadAllBytes(DataFile(directory));
        bytes[random.Next(bytes.Length)] ^= (byte)(1 << random.Next(8));
        File.WriteAllBytes(DataFile(directory), bytes);
    }

    // In octal, as ls and chmod show it.
    private static string Mode(string path) =>
        OperatingSystem.IsWindows() ? "" : Convert.ToString((int)File.GetUnixFileMode(path), toBase: 8);
}
