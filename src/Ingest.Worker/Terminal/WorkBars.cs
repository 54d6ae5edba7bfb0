using Spectre.Console;
using Spectre.Console.Rendering;

namespace Ingest.Worker.Terminal;

/// <summary>Bars for what takes long: how far, how fast, how long still. On standard error, gone when the work is done.</summary>
internal static class WorkBars
{
    /// <summary>Bars for work that is counted in <paramref name="things"/>, such as <c>events</c>.</summary>
    internal static Progress Count(string things) => Create(speed => $"{Humanize.Count((long)speed)} {things}/s");

    /// <summary>Bars for work that is counted in bytes.</summary>
    internal static Progress Bytes() => Create(speed => $"{Humanize.Bytes((long)speed)}/s");

    /// <summary>Runs work whose size is not known: a bar that moves, and how long it has taken.</summary>
    internal static T Elapsed<T>(string what, Func<T> work) => Screen.Error.Progress().AutoClear(true)
        .Columns(new TaskDescriptionColumn(), new SpinnerColumn(), new ElapsedTimeColumn())
        .Start(bars =>
        {
            bars.AddTask(what).IsIndeterminate();
            return work();
        });

    private static Progress Create(Func<double, string> rate) => Screen.Error.Progress().AutoClear(true).Columns(
        new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RateColumn(rate), new RemainingTimeColumn());

    /// <summary>How much is done in a second; nothing while that is not known.</summary>
    internal sealed class RateColumn(Func<double, string> rate) : ProgressColumn
    {
        /// <inheritdoc/>
        protected override bool NoWrap => true;

        /// <inheritdoc/>
        public override IRenderable Render(RenderOptions options, ProgressTask task, TimeSpan deltaTime) =>
            new Text(task.Speed is { } speed and > 0 ? rate(speed) : "");
    }
}
