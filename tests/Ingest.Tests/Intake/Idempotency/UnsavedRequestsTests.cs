using Ingest.Intake.Idempotency;

namespace Ingest.Tests.Intake.Idempotency;

public sealed class UnsavedRequestsTests
{
    private static readonly TimeSpan Span = TimeSpan.FromMinutes(10);

    private readonly IdempotencyWindow _window = new(Span, 10_000, TimeProvider.System);

    [Fact]
    public void From_the_first_request_to_the_end_of_the_save_the_log_has_marks_that_no_file_has()
    {
        Assert.False(_window.Unsaved.IsAny);
        Store(1);
        Assert.True(_window.Unsaved.IsAny);
        _window.Unsaved.BeginSave();
        Assert.True(_window.Unsaved.IsAny);
        Assert.False(_window.Unsaved.IsChanged);
        _window.Unsaved.EndSave();
        Assert.False(_window.Unsaved.IsAny);
    }

    [Fact]
    public void After_a_save_that_failed_or_that_others_came_during_the_log_still_has_marks_that_no_file_has()
    {
        Store(1);
        _window.Unsaved.BeginSave();
        _window.Unsaved.FailSave();
        Assert.True(_window.Unsaved.IsAny);
        _window.Unsaved.BeginSave();
        Store(2);
        _window.Unsaved.EndSave();
        Assert.True(_window.Unsaved.IsAny);
    }

    [Fact]
    public void A_table_is_written_to_its_end_though_requests_come_as_fast_as_it_is_written()
    {
        const int Before = 3000;
        for (var i = 0; i < Before; i++)
        {
            Store(i);
        }
        var (content, next) = (new List<byte>(), Before);
        IdempotencyTable.Write(_window, TimeProvider.System, piece =>
        {
            content.AddRange(piece);
            for (var i = 0; i < 1024 && next < 3 * Before; i++)
            {
                Store(next++);
            }
        });
        var read = new IdempotencyWindow(Span, 10_000, TimeProvider.System);
        Assert.True(IdempotencyTable.TryRead(content.ToArray(), read, TimeProvider.System.GetUtcNow()));
        Assert.Equal(Before, read.Count);
    }

    private void Store(int number)
    {
        var mark = new RequestMark((UInt128)number, 0);
        Assert.Equal(ClaimOutcome.New, _window.Claim(mark).Outcome);
        _window.Settle(mark, number + 1, 1);
    }
}
