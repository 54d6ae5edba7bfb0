using Ingest.Tests.Publishing;

namespace Ingest.Tests.DeadLetters;

/// <summary>
/// Dead letters whose files are damaged or lost, or whose log was replaced: none is taken for another log's, and what is gone is counted.
/// </summary>
public sealed class DeadLetterDamageTests
{
    [Fact]
    public async Task Letters_of_a_log_that_was_replaced_are_set_aside_whole_and_shown_again_with_their_log()
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        using var old = fixture.Log;

        await fixture.ReplaceLogAsync(new TestLog());
        fixture.Log.AppendMany(10);
        await fixture.Settled();
        Assert.Equal([10L], await fixture.Sequences());

        using var replaced = fixture.Log;
        var parent = Path.GetDirectoryName(fixture.Directory)!;
        var aside = Assert.Single(Directory.EnumerateDirectories(parent), path => path != fixture.Directory);
        await fixture.ReplaceLogAsync(old, () =>
        {
            Directory.Move(fixture.Directory, fixture.Directory + "-of-the-other");
            Directory.Move(aside, fixture.Directory);
        });
        await fixture.Quiet();
        Assert.Equal([10L, 20, 30], await fixture.Sequences());
    }

    [Theory, InlineData("one digit"), InlineData("half"), InlineData("missing")]
    public async Task Letters_are_shown_although_the_note_of_their_log_is_damaged(string damage)
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var path = Origin(fixture);
        var note = File.ReadAllText(path);
        await fixture.RestartAsync(() =>
        {
            switch (damage)
            {
                case "one digit":
                    File.WriteAllText(path, (note[0] == '0' ? '1' : '0') + note[1..]);
                    break;
                case "half":
                    File.WriteAllText(path, note[..(note.Length / 2)]);
                    break;
                default:
                    File.Delete(path);
                    break;
            }
        });
        await fixture.Quiet();

        Assert.Equal([10L, 20, 30], await fixture.Sequences());
        Assert.Equal(note, File.ReadAllText(path));
    }

    [Theory, InlineData(""), InlineData("\0\0\0\0\0\0\0\0"), InlineData("00000000000000000000000000000000\n"), InlineData("\u0001 junk")]
    public async Task A_note_that_names_no_log_is_written_anew_and_does_not_prevent_the_start(string note)
    {
        await using var fixture = new DeadLettersFixture { Refuses = DeadLettersFixture.Tenth("no") };
        await fixture.StartAndSettleAsync(30);
        var path = Origin(fixture);
        var sound = File.ReadAllText(path);
        await fixture.RestartAsync(() => File.WriteAllText(path, note));
        await fixture.Quiet();

        Assert.Equal([10L, 20, 30], await fixture.Sequences());
        Assert.Equal(sound, File.ReadAllText(path));
    }

    [Theory, InlineData("first"), InlineData("last"), InlineData("all"), InlineData("all deleted")]
    public async Task Letters_of_a_file_that_is_lost_whole_are_counted_as_lost(string which)
    {
        await using var fixture = new DeadLettersFixture { Refuses = _ => "no" };
        await fixture.StartAndSettleAsync(200, payloadBytes: 1000);
        await fixture.RestartAsync(() => Lose(fixture.Directory, which));
        await fixture.Quiet();

        var left = await fixture.Sequences();
        Assert.Equal(which is "first" or "last", left.Any());
        // Beside the letters there are the lane's beginnings.
        Assert.InRange(fixture.Letters.Status.Lost, 200 - left.Count(), 200 - left.Count() + 2);
    }

    // Which log the letters belong to.
    private static string Origin(DeadLettersFixture fixture) => Path.Combine(fixture.Directory, "origin");

    private static void Lose(string directory, string which)
    {
        var files = Directory.GetFiles(directory, "*.wal").Order(StringComparer.Ordinal).ToArray();
        Assert.True(files.Length > 2);
        foreach (var file in which switch { "first" => files[..1], "last" => files[^1..], _ => files })
        {
            if (which == "all deleted")
            {
                File.Delete(file);
            }
            else
            {
                File.WriteAllBytes(file, [.. Enumerable.Repeat((byte)0x5A, DeadLettersFixture.SegmentBytes)]);
            }
        }
    }
}
