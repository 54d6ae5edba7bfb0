using Ingest.Hosting.Settings.Values;

namespace Ingest.Tests.Hosting.Settings;

public sealed class ValueTests
{
    [Theory]
    [InlineData("0", 0)]
    [InlineData("250ms", 250)]
    [InlineData("5s", 5_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData("2m", 120_000)]
    [InlineData("1h30m", 5_400_000)]
    [InlineData("7d", 604_800_000)]
    [InlineData(" 5 s ", -1)]
    [InlineData("5S", 5_000)]
    [InlineData("00:00:05", 5_000)]
    [InlineData("1.00:00:00", 86_400_000)]
    [InlineData("00:00:00.250", 250)]
    [InlineData("5", -1)]
    [InlineData("30", -1)]
    [InlineData("s", -1)]
    [InlineData("", -1)]
    [InlineData("-5s", -1)]
    [InlineData("5 seconds", -1)]
    [InlineData("1e3s", -1)]
    [InlineData("99999999999d", -1)]
    [InlineData("1..5s", -1)]
    public void Durations_are_read_with_their_unit_and_never_without(string text, long milliseconds)
    {
        var read = Duration.TryParse(text, out var value);

        Assert.Equal(milliseconds >= 0, read);
        Assert.True(!read || value == TimeSpan.FromMilliseconds(milliseconds), $"{text} became {value}");
    }

    [Theory]
    [InlineData("0", 0)]
    [InlineData("65536", 65_536)]
    [InlineData("64KiB", 65_536)]
    [InlineData("64 kib", 65_536)]
    [InlineData("64MiB", 67_108_864)]
    [InlineData("1GiB", 1_073_741_824)]
    [InlineData("64MB", 64_000_000)]
    [InlineData("1.5GiB", 1_610_612_736)]
    [InlineData("12B", 12)]
    [InlineData("0.3B", long.MinValue)]
    [InlineData("9999999PiB", long.MinValue)]
    [InlineData("64M", long.MinValue)]
    [InlineData("lots", long.MinValue)]
    [InlineData("", long.MinValue)]
    [InlineData("KiB", long.MinValue)]
    [InlineData("1,000", long.MinValue)]
    public void Sizes_are_read_with_and_without_a_unit(string text, long bytes)
    {
        var read = ByteSize.TryParse(text, out var value);

        Assert.Equal(bytes != long.MinValue, read);
        Assert.True(!read || value == bytes, $"{text} became {value}");
    }

    [Fact]
    public void What_is_shown_reads_back_as_what_it_was()
    {
        var random = new Random(20_261_121);
        for (var i = 0; i < 10_000; i++)
        {
            var duration = TimeSpan.FromTicks(random.NextInt64(TimeSpan.TicksPerDay * 400) / 10 * 10 >> random.Next(40));
            Assert.True(Duration.TryParse(Duration.Format(duration), out var back), $"{duration}: {Duration.Format(duration)}");
            Assert.Equal(duration, back);

            var bytes = (random.NextInt64() >> random.Next(62)) << random.Next(10);
            Assert.True(ByteSize.TryParse(ByteSize.Format(bytes), out var same), $"{bytes}: {ByteSize.Format(bytes)}");
            Assert.Equal(bytes, same);
        }
    }

    [Theory]
    [InlineData("", "", 0)]
    [InlineData("Wal", "wal", 0)]
    [InlineData("SegmentBytes", "SegmentByte", 1)]
    [InlineData("SegmentBytes", "SegemntBytes", 1)]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("abc", "", 3)]
    public void The_distance_of_two_words_counts_slips_of_the_finger(string left, string right, int distance)
    {
        Assert.Equal(distance, EditDistance.Between(left, right));
        Assert.Equal(distance, EditDistance.Between(right, left));
    }
}
