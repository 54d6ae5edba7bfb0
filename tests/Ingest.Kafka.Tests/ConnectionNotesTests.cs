using Confluent.Kafka;
using Ingest.Testing;

namespace Ingest.Kafka.Tests;

public sealed class ConnectionNotesTests
{
    private static readonly Error Refused = new(ErrorCode.Local_Transport, "Connection refused");
    private static readonly Error AllDown = new(ErrorCode.Local_AllBrokersDown, "3/3 brokers are down");

    private readonly FakeTime _time = new();
    private readonly ConnectionNotes _notes;

    public ConnectionNotesTests() => _notes = new ConnectionNotes(_time);

    [Fact]
    public void One_connection_that_fails_is_no_cut_and_all_of_them_are_one_until_the_next_success()
    {
        var began = _time.GetUtcNow();
        _notes.Failed(Refused, refusal: null, successes: 1);
        Assert.Equal((began, false), (_notes.Trouble(1)!.Since, _notes.Trouble(1)!.IsCut));

        _time.Advance(TimeSpan.FromSeconds(2));
        _notes.AllFailed(AllDown, refusal: null, successes: 1);
        _time.Advance(TimeSpan.FromSeconds(30));
        _notes.Failed(Refused, refusal: null, successes: 1);

        var trouble = _notes.Trouble(1)!;
        Assert.Equal((began, began.AddSeconds(32), true), (trouble.Since, trouble.Latest, trouble.IsCut));
        Assert.Contains("Connection refused", trouble.Reason, StringComparison.Ordinal);
        Assert.Null(_notes.Trouble(2));
    }

    [Fact]
    public void A_failure_after_a_success_begins_anew_and_names_the_last_failure_when_the_client_tells_only_that_none_is_left()
    {
        _notes.AllFailed(AllDown, refusal: null, successes: 1);
        _notes.Failed(Refused, refusal: null, successes: 1);
        _time.Advance(TimeSpan.FromHours(1));
        var again = _time.GetUtcNow();

        _notes.Failed(Refused, refusal: null, successes: 2);
        Assert.Equal((again, false), (_notes.Trouble(2)!.Since, _notes.Trouble(2)!.IsCut));
        _notes.AllFailed(AllDown, refusal: null, successes: 3);

        Assert.Equal((again, true), (_notes.Trouble(3)!.Since, _notes.Trouble(3)!.IsCut));
        Assert.Contains("Connection refused", _notes.Trouble(3)!.Reason, StringComparison.Ordinal);
    }
}
