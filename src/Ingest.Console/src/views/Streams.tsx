import { useEffect, useRef, useState } from "preact/hooks";
import { act, call, problemOf } from "../api";
import { bytes, count, short, visible } from "../format";
import { ask } from "../parts/Ask";
import { tell } from "../parts/Outcome";
import { Table } from "../parts/Table";
import type { Policy, PolicyRule, Status } from "../types";

interface Known { policy: Policy; tag: string }

async function readPolicy(): Promise<Known> {
  const response = await call("GET", "/policy");
  if (!response.ok) throw new Error(problemOf(await response.json().catch(() => ({})), response.status));
  return { policy: await response.json() as Policy, tag: response.headers.get("ETag") ?? "" };
}

/** Streams with their speeds, and what the policy says of each. */
export function Streams({ status, beat }: { status: Status; beat: number }) {
  const [known, setKnown] = useState<Known | null>(null);
  const rates = useRates(status);
  useEffect(() => { readPolicy().then(setKnown, () => setKnown(null)); }, [beat]);

  // The tag says which policy was looked at: another operator's change in between is told, not undone.
  const put = async (policy: Policy, done: string) => {
    const result = await act("PUT", "/policy", done, policy, { "If-Match": known!.tag });
    tell({ text: result.text, kind: result.ok ? "good" : "bad" });
    readPolicy().then(setKnown, () => {});
  };
  const change = async (stream: string, rule: Partial<PolicyRule>, done: string) => {
    const before = known!.policy.streams[stream] ?? { enabled: true, rateLimit: null, acks: null };
    await put({ ...known!.policy, streams: { ...known!.policy.streams, [stream]: { ...before, ...rule } } }, done);
  };
  const toggle = async (stream: string, isOn: boolean) => {
    const text = isOn ? `Producers of ${stream} are refused until it is switched on again. What is stored is delivered as before.`
      : `Producers of ${stream} are accepted again.`;
    if (await ask(isOn ? `Switch ${stream} off?` : `Switch ${stream} on?`, text, isOn ? "Switch off" : "Switch on")) {
      await change(stream, { enabled: !isOn }, `${stream} is switched ${isOn ? "off" : "on"}.`);
    }
  };
  const limit = async (event: Event, stream: string) => {
    event.preventDefault();
    const text = (new FormData(event.currentTarget as HTMLFormElement).get("limit") as string).trim();
    const rate = text === "" ? null : Number(text);
    const done = rate === null ? `${stream} has no limit.` : `${stream} takes ${count(rate)} events a second.`;
    await change(stream, { rateLimit: rate }, done);
  };
  const names = [...new Set([...status.streams.map(each => each.stream), ...Object.keys(known?.policy.streams ?? {})])].sort();
  return <section class="card wide" aria-labelledby="h-streams">
    <h2 id="h-streams">Streams</h2>
    <Table label="Streams" bodyId="streams" columns={[
      { name: "Stream" }, { name: "Events a second", numeric: true }, { name: "Accepted", numeric: true }, { name: "Bytes", numeric: true },
      { name: "Bytes an event", numeric: true }, { name: "Outstanding", numeric: true }, { name: "Dead", numeric: true },
      { name: "Events a second at most" }, { name: "Accepts" }]}>
      {names.map(name => {
        const stream = status.streams.find(each => each.stream === name);
        const rule = known?.policy.streams[name];
        const isOn = rule?.enabled ?? true;
        return <tr key={name}>
          <td>{visible(name)}</td>
          <td class="n">{short(rates.get(name) ?? 0)}</td>
          <td class="n">{count(stream?.accepted ?? 0)}</td>
          <td class="n">{bytes(stream?.acceptedBytes ?? 0)}</td>
          <td class="n">{stream && stream.accepted > 0 ? bytes(stream.acceptedBytes / stream.accepted) : "–"}</td>
          <td class="n">{count(Math.max(0, ...(stream?.lanes.map(lane => lane.outstanding) ?? [])))}</td>
          <td class="n">{count(stream?.lanes.reduce((sum, lane) => sum + lane.deadLettered, 0) ?? 0)}</td>
          <td><form class="line" onSubmit={event => limit(event, name)}>
            <input name="limit" type="number" min="0" step="any" size={8} aria-label={"Events a second at most of " + name}
              placeholder="no limit" disabled={!known} defaultValue={rule?.rateLimit?.toString() ?? ""} key={rule?.rateLimit ?? "none"} />
            <button type="submit" disabled={!known}>Set</button></form></td>
          <td><button type="button" role="switch" aria-checked={isOn} aria-label={name + " accepts events"} disabled={!known}
            class={"switch " + (isOn ? "good" : "bad")} onClick={() => toggle(name, isOn)}>{isOn ? "on" : "off"}</button></td>
        </tr>;
      })}
    </Table>
    {names.length === 0 && <p class="meta">No stream has an event yet.</p>}
  </section>;
}

/** Events a second since the status before, by stream. */
function useRates(status: Status) {
  const before = useRef<{ at: number; status: Status; rates: Map<string, number> }>({ at: 0, status, rates: new Map() });
  const last = before.current;
  if (last.status !== status) {
    const now = performance.now(), time = (now - last.at) / 1000;
    const rates = new Map(status.streams.map(stream => {
      const earlier = last.status.streams.find(each => each.stream === stream.stream)?.accepted ?? 0;
      return [stream.stream, last.at > 0 && time > 0 ? Math.max(0, (stream.accepted - earlier) / time) : 0];
    }));
    before.current = { at: now, status, rates };
  }
  return before.current.rates;
}
