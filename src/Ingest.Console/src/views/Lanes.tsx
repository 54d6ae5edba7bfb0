import { useRef, useState } from "preact/hooks";
import { act, read } from "../api";
import { count, moment, seconds, since, visible, words } from "../format";
import { ask } from "../parts/Ask";
import { tell } from "../parts/Outcome";
import { laneKind, Pill } from "../parts/Pill";
import { Table } from "../parts/Table";
import type { Lane, Status } from "../types";

const path = (lane: string, rest = "") => "/lanes/" + encodeURIComponent(lane) + rest;

async function doIt(method: string, to: string, done: string) {
  const result = await act(method, to, done);
  tell({ text: result.text, kind: result.ok ? "good" : "bad" });
}

export const Lanes = ({ status }: { status: Status }) => <>
  <LaneTable status={status} />
  <Rewind lanes={status.lanes} />
  {status.lanes.filter(lane => lane.parkedEvents > 0).map(lane => <Parked key={lane.name} lane={lane} />)}
</>;

export const LaneTable = ({ status }: { status: Status }) => <section class="card wide" aria-labelledby="h-lanes">
  <h2 id="h-lanes">Lanes</h2>
  <Table label="Lanes" bodyId="lanes" columns={[
    { name: "Lane" }, { name: "State" }, { name: "Since", numeric: true }, { name: "Pending", numeric: true },
    { name: "Lag", numeric: true }, { name: "In flight", numeric: true }, { name: "Window", numeric: true }, { name: "Breaker" },
    { name: "Round trip", numeric: true },
    { name: "Delivered", numeric: true }, { name: "Dead", numeric: true }, { name: "Lost", numeric: true }, { name: "Last error" },
    { name: "Actions", hidden: true }]}>
    {status.lanes.map(lane => <LaneRow key={lane.name} lane={lane} />)}
    {status.orphans.map(orphan => <tr key={orphan.name}>
      <td>{visible(orphan.name)}</td>
      <td class="why" colSpan={12}>has no sink and holds the log from event {count(orphan.settled + 1)} on</td>
      <td><button type="button" onClick={() => forget(orphan.name)}>Forget…</button></td>
    </tr>)}
  </Table>
</section>;

function LaneRow({ lane }: { lane: Lane }) {
  const waits = ["backing_off", "open", "blocked", "probing"].includes(lane.state);
  return <tr>
    <td>{visible(lane.name + (lane.kind === lane.name ? "" : ` (${lane.kind})`))}</td>
    <td><Pill text={lane.state} kind={laneKind(lane.state)} /></td>
    <td class="n">{seconds(since(lane.stateSince))}</td>
    <td class="n">{count(lane.pendingEvents)}</td>
    <td class="n">{seconds(lane.lagSeconds)}</td>
    <td class="n">{count(lane.inFlightBatches)}</td>
    <td class="n">{lane.window.toFixed(1)} of {lane.windowMax}</td>
    <td>{words(lane.breaker)}</td>
    <td class="n">{lane.roundTripMs > 0 ? lane.roundTripMs.toFixed(1) + " ms" : "–"}</td>
    <td class="n">{count(lane.sum.delivered)}</td>
    <td class="n">{count(lane.sum.deadLettered)}</td>
    <td class="n">{count(lane.sum.lost)}</td>
    <td class="why">{visible(lane.reason || "–")}{lane.nextTrySeconds !== null && lane.nextTrySeconds > 0
      && <small> Next attempt in {seconds(lane.nextTrySeconds)}.</small>}</td>
    <td><button type="button" disabled={!waits} aria-label={"Try lane " + lane.name + " now"}
      onClick={() => doIt("POST", path(lane.name, "/resume"), `Lane ${lane.name} tries now.`)}>Try now</button></td>
  </tr>;
}

async function forget(lane: string) {
  if (await ask("Forget this lane?", `The log no longer waits for ${lane}: what only it still owed is never delivered.`, "Forget")) {
    await doIt("DELETE", path(lane), `Lane ${lane} is forgotten.`);
  }
}

function Rewind({ lanes }: { lanes: Lane[] }) {
  const [lane, setLane] = useState(lanes[0]?.name ?? "");
  const [to, setTo] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const submit = async (event: Event) => {
    event.preventDefault();
    const query = path(lane, "/rewind?to=" + encodeURIComponent(to.trim()));
    try {
      const preview = await read<{ first: number; settled: number; events: number }>(query);
      const text = `${count(preview.events)} events, ${count(preview.first)} to ${count(preview.settled)}, are delivered again by ${lane}. `
        + "Receivers see them a second time.";
      if (await ask(`Deliver ${count(preview.events)} events again?`, text, "Deliver again")) {
        await doIt("POST", query, `Lane ${lane} delivers ${count(preview.events)} events again.`);
      }
    } catch (error) {
      tell({ text: "Not done: " + (error as Error).message, kind: "bad" });
    }
  };
  return <section class="card wide" aria-labelledby="h-rewind">
    <h2 id="h-rewind">Deliver again</h2>
    <form class="line" ref={form} onSubmit={submit}>
      <label>Lane <select id="rewind-lane" value={lane} onChange={event => setLane(event.currentTarget.value)}>
        {lanes.map(each => <option key={each.name}>{each.name}</option>)}</select></label>
      <label>From <input id="rewind-to" required placeholder="number, or 2026-11-21T08:00:00Z" value={to}
        onInput={event => setTo(event.currentTarget.value)} /></label>
      <button type="submit" id="rewind">Count…</button>
    </form>
  </section>;
}

function Parked({ lane }: { lane: Lane }) {
  const name = "h-parked-" + lane.name;
  const on = (stream: string, verb: string) => path(lane.name, `/parked/${verb}?stream=${encodeURIComponent(stream)}`);
  const giveUp = async (stream: string, verb: string, text: string, done: string) => {
    if (await ask("Give these events up?", text, "Give up")) await doIt("POST", on(stream, verb), done);
  };
  return <section class="card wide" aria-labelledby={name}>
    <h2 id={name}>Parked by {visible(lane.name)}: {count(lane.parkedEvents)} events that its sink refuses while it takes others</h2>
    <Table label={"Parked by " + lane.name} columns={[
      { name: "Stream" }, { name: "Events", numeric: true }, { name: "Since" }, { name: "Next attempt", numeric: true }, { name: "Reason" },
      { name: "Actions", hidden: true }]}>
      {lane.parked.map(parked => <tr key={parked.stream}>
        <td>{visible(parked.stream)}{parked.wholeStream && " (all of it)"}</td>
        <td class="n">{count(parked.events)}</td>
        <td>{moment(parked.since)}</td>
        <td class="n">{seconds(parked.nextTrySeconds)}</td>
        <td class="why">{visible(parked.reason)}</td>
        <td><div class="buttons">
          <button type="button" onClick={() => doIt("POST", on(parked.stream, "try"), `${parked.stream} is tried now.`)}>Try now</button>
          <button type="button" onClick={() => giveUp(parked.stream, "deadletter",
            `The ${count(parked.events)} parked events of ${parked.stream} become dead letters of ${lane.name}.`,
            `What was parked of ${parked.stream} is among the dead letters.`)}>To dead letters…</button>
          <button type="button" onClick={() => giveUp(parked.stream, "drop",
            `The ${count(parked.events)} parked events of ${parked.stream} are never delivered by ${lane.name}.`,
            `What was parked of ${parked.stream} is dropped.`)}>Drop…</button>
        </div></td>
      </tr>)}
    </Table>
  </section>;
}
