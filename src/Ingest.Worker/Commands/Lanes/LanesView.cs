using System.Globalization;
using Ingest.Operations.Status;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Lanes;

/// <summary>The lanes of a node for people: a row each, and below them what there is to say about some.</summary>
internal static class LanesView
{
    private static readonly string[] Columns =
        ["Lane", "State", "#Since", "#Pending", "#Oldest", "#Delivered", "#Dead", "Sum"];

    private static readonly string[] WideColumns =
        ["Sink", "Breaker", "#In flight", "#Round trip", "#Parked", "#Lost", "#Repeated", "#Settled", "#Saved"];

    internal static void Show(NodeStatus status, bool isWide)
    {
        var table = Screen.NewTable([.. Columns, .. isWide ? WideColumns : []]);
        foreach (var lane in status.Lanes)
        {
            Screen.Row(table, [.. Cells(lane), .. isWide ? WideCells(lane) : []]);
        }
        Screen.Show(table);
        foreach (var lane in status.Lanes.Where(lane => lane.Reason.Length > 0))
        {
            var next = lane.NextTrySeconds is { } wait ? $" Next try in {Humanize.Seconds(Math.Round(wait))}." : "";
            var how = lane.UnreachableSince is { } since && ToneOf(lane.State) == Tone.Plain
                ? $"does not reach its sink since {Humanize.Ago(since)}"
                : $"is {lane.State}";
            var tone = lane.UnreachableSince is null ? ToneOf(lane.State) : Tone.Bad;
            Screen.Fact("Lane", $"{lane.Name} {how}: {lane.Reason}{next}", tone);
        }
        foreach (var lane in status.Lanes.Where(lane => lane.Client.Length > 0))
        {
            Screen.Fact("Client", $"{lane.Name}: {lane.Client}");
        }
        foreach (var lane in status.Lanes)
        {
            ShowParked(lane);
        }
        foreach (var orphan in status.Orphans)
        {
            Screen.Fact(
                "Orphan",
                $"{orphan.Name} has no sink and holds the log from event {Humanize.Count(orphan.Settled + 1)} on; "
                + $"`ingest lanes forget {orphan.Name}` lets it go",
                Tone.Warning);
        }
    }

    /// <summary>How well a lane in this state is.</summary>
    internal static Tone ToneOf(string state) => state switch
    {
        "blocked" or "open" => Tone.Bad,
        "backing_off" or "probing" or "opening" or "stopped" => Tone.Warning,
        _ => Tone.Plain,
    };

    private static Cell[] Cells(LaneView lane) =>
    [
        lane.Name,
        new(lane.State, ToneOf(lane.State)),
        lane.StateSince is { } since ? Humanize.Ago(since) : "",
        Humanize.Count(lane.PendingEvents),
        lane.PendingEvents > 0 ? Humanize.Seconds(lane.LagSeconds) : "",
        Humanize.Count(lane.Sum.Delivered),
        new(Humanize.Count(lane.Sum.DeadLettered), lane.Sum.DeadLettered > 0 ? Tone.Warning : Tone.Plain),
        lane.Sum.Balanced ? new Cell("adds up") : new Cell("DOES NOT ADD UP", Tone.Bad),
    ];

    private static Cell[] WideCells(LaneView lane) =>
    [
        lane.Kind,
        new(lane.Breaker, lane.Breaker == "closed" ? Tone.Plain : Tone.Warning),
        FormattableString.Invariant($"{lane.InFlightBatches} of {lane.Window:0.#}"),
        lane.RoundTripMs > 0 ? Humanize.Milliseconds(lane.RoundTripMs) : "",
        Humanize.Count(lane.ParkedEvents),
        new(Humanize.Count(lane.Sum.Lost), lane.Sum.Lost > 0 ? Tone.Bad : Tone.Plain),
        Humanize.Count(lane.Repeated),
        Humanize.Count(lane.Settled),
        Humanize.Count(lane.Saved),
    ];

    private static void ShowParked(LaneView lane)
    {
        foreach (var parked in lane.Parked)
        {
            var whole = parked.WholeStream ? " (the whole stream waits)" : "";
            var since = parked.Since.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
            Screen.Fact(
                "Parked",
                $"{lane.Name}: {Humanize.Count(parked.Events, "event")} of stream {parked.Stream}{whole} since {since}, "
                + $"tried again in {Humanize.Seconds(parked.NextTrySeconds)}: {parked.Reason}",
                Tone.Warning);
        }
    }
}
