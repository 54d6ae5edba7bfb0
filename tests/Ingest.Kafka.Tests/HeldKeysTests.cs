namespace Ingest.Kafka.Tests;

public sealed class HeldKeysTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(2);

    private readonly HeldKeys _owed = new(Patience);

    [Fact]
    public void A_later_event_of_the_key_waits_until_the_earlier_one_goes()
    {
        _owed.Add(1, 10);

        Assert.False(_owed.MayGo(1, 12, TimeSpan.Zero));
        Assert.True(_owed.MayGo(1, 10, TimeSpan.Zero));
        Assert.True(_owed.MayGo(1, 12, TimeSpan.Zero));
        Assert.False(_owed.Any);
    }

    [Fact]
    public void Other_keys_and_events_without_one_go_on()
    {
        _owed.Add(1, 10);
        _owed.Add(KeyHash.None, 11);

        Assert.True(_owed.MayGo(2, 12, TimeSpan.Zero));
        Assert.True(_owed.MayGo(KeyHash.None, 13, TimeSpan.Zero));
    }

    [Fact]
    public void What_was_held_back_is_owed_itself()
    {
        _owed.Add(1, 10);
        Assert.False(_owed.MayGo(1, 12, TimeSpan.Zero));
        Assert.True(_owed.MayGo(1, 10, TimeSpan.Zero));

        Assert.False(_owed.MayGo(1, 13, TimeSpan.Zero));
    }

    [Fact]
    public void A_key_is_freed_when_nobody_sends_the_earlier_event_for_long()
    {
        _owed.Add(1, 10);

        Assert.False(_owed.MayGo(1, 12, TimeSpan.FromHours(5)));
        Assert.False(_owed.MayGo(1, 12, TimeSpan.FromHours(5) + Patience));
        Assert.True(_owed.MayGo(1, 12, TimeSpan.FromHours(5) + Patience + TimeSpan.FromTicks(1)));
    }

    [Fact]
    public void Time_in_which_nothing_is_held_back_does_not_count()
    {
        _owed.Add(1, 10);
        Assert.False(_owed.MayGo(1, 12, TimeSpan.Zero));
        Assert.True(_owed.MayGo(1, 10, TimeSpan.FromHours(1)));
        _owed.Add(1, 10);

        Assert.False(_owed.MayGo(1, 12, TimeSpan.FromHours(2)));
    }
}
