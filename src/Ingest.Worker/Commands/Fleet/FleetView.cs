using Ingest.Operations.Fleet;
using Ingest.Worker.Terminal;

namespace Ingest.Worker.Commands.Fleet;

/// <summary>The nodes for people: a row each, and below them what is wrong with some.</summary>
internal static class FleetView
{
    private static readonly string[] Columns = ["Node", "State", "#Accepted", "#Pending", "#Oldest", "#Dead", "#Memory", "#Free disk"];
    private static readonly string[] WideColumns = ["Lanes", "Version", "Address"];

    internal static void Show(FleetPage page, bool isWide)
    {
        var table = Screen.NewTable([.. Columns, .. isWide ? WideColumns : []]);
        foreach (var peer in page.Peers)
        {
            Screen.Row(table, [.. Cells(peer), .. isWide ? WideCells(peer) : []]);
        }
        Screen.Show(table);
        foreach (var peer in page.Peers)
        {
            ShowTrouble(peer);
        }
        foreach (var failure in page.Failures)
        {
            Screen.Fact("Fleet", failure, Tone.Warning);
        }
        if (page.Peers.Count == 1 && page.Failures.Count == 0)
        {
            Screen.Line("It knows no others: Fleet:Peers names them.");
        }
    }

    private static Cell[] Cells(PeerView peer) => peer.Error is not null
        ? [Name(peer), new("no answer", Tone.Bad), "", "", "", "", "", ""]
        :
        [
            Name(peer),
            peer.Ready ? new Cell(peer.State ?? "") : new Cell($"{peer.State}, not ready", Tone.Bad),
            Humanize.Count(peer.AcceptedEvents),
            Humanize.Count(peer.PendingEvents),
            peer.PendingEvents > 0 ? Humanize.Seconds(peer.OldestPendingSeconds) : "",
            new(Humanize.Count(peer.DeadLetters), peer.DeadLetters > 0 ? Tone.Warning : Tone.Plain),
            peer.MemoryRatio is { } ratio ? FormattableString.Invariant($"{ratio * 100:0.#} %") : "",
            peer.DiskFreeBytes is { } free ? Humanize.Bytes(free) : "",
        ];

    private static Cell[] WideCells(PeerView peer) =>
    [
        string.Join(", ", peer.Lanes.Select(lane => $"{lane.Name} {lane.State}")),
        peer.Version ?? "",
        peer.Self ? "this one" : peer.Url,
    ];

    private static void ShowTrouble(PeerView peer)
    {
        if (peer.Error is { } error)
        {
            Screen.Fact("BAD", $"{Name(peer)}: {error}", Tone.Bad);
        }
        foreach (var item in peer.Attention)
        {
            var isBad = item.Severity == "bad";
            var said = $"{Name(peer)}: {item.What} Since {Humanize.Ago(item.Since)}. See {item.Section}";
            Screen.Fact(isBad ? "BAD" : "WARN", said, isBad ? Tone.Bad : Tone.Warning);
        }
    }

    private static string Name(PeerView peer) => peer.Node is { Length: > 0 } name ? name : peer.Url;
}
