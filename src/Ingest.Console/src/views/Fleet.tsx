import { useEffect, useState } from "preact/hooks";
import { read } from "../api";
import { bytes, count, percent, seconds, visible } from "../format";
import { laneKind, Pill } from "../parts/Pill";
import { Table } from "../parts/Table";
import type { Fleet as FleetPage, Peer } from "../types";

/** The node and its peers side by side. Each is operated on its own page. */
export function Fleet({ beat }: { beat: number }) {
  const [fleet, setFleet] = useState<FleetPage | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    let current = true;
    read<FleetPage>("/fleet").then(
      found => { if (current) { setFleet(found); setProblem(null); } },
      error => { if (current) setProblem((error as Error).message); });
    return () => { current = false; };
  }, [beat]);
  return <section class="card wide" aria-labelledby="h-fleet">
    <h2 id="h-fleet">{fleet ? `Nodes: ${fleet.peers.filter(peer => peer.ready).length} of ${fleet.peers.length} ready` : "Nodes"}</h2>
    {problem && <p class="banner bad" role="alert">{visible(problem)}</p>}
    {fleet?.failures.map(failure => <p class="banner warn" key={failure}>{visible(failure)}</p>)}
    <Table label="Nodes" bodyId="fleet" columns={[
      { name: "Node" }, { name: "State" }, { name: "Accepted", numeric: true }, { name: "Pending", numeric: true },
      { name: "Oldest", numeric: true }, { name: "Lanes" }, { name: "Dead", numeric: true }, { name: "Memory", numeric: true },
      { name: "Free disk", numeric: true }, { name: "Needs attention" }]}>
      {fleet?.peers.map(peer => <PeerRow key={peer.url} peer={peer} />)}
    </Table>
    {fleet?.peers.length === 1 && <p class="meta">This node knows no others: <code>Fleet:Peers</code> names them.</p>}
  </section>;
}

function PeerRow({ peer }: { peer: Peer }) {
  const name = visible(peer.node ?? peer.url);
  const link = peer.self ? <>{name} (this one)</> : <a href={peer.url} rel="noreferrer">{name}</a>;
  if (peer.error) {
    return <tr>
      <td>{link}</td>
      <td><Pill text="no answer" kind="bad" /></td>
      <td class="why" colSpan={8}>{visible(peer.error)}</td>
    </tr>;
  }
  return <tr>
    <td>{link}<br /><small>{peer.version?.replace(/(\+.{7}).*/, "$1")}</small></td>
    <td><Pill text={peer.state + (peer.ready ? "" : ", not ready")}
      kind={peer.state === "failed" ? "bad" : peer.ready ? "good" : "warn"} /></td>
    <td class="n">{count(peer.acceptedEvents)}</td>
    <td class="n">{count(peer.pendingEvents)}</td>
    <td class="n">{seconds(peer.oldestPendingSeconds)}</td>
    <td>{peer.lanes.map(lane =>
      <div key={lane.name}>{visible(lane.name)} <Pill text={lane.state} kind={laneKind(lane.state)} /></div>)}</td>
    <td class="n">{count(peer.deadLetters)}</td>
    <td class="n">{peer.memoryRatio === null ? "–" : percent(peer.memoryRatio)}</td>
    <td class="n">{peer.diskFreeBytes === null ? "–" : bytes(peer.diskFreeBytes)}</td>
    <td class="why">{peer.attention.length === 0 ? "–"
      : peer.attention.map(item => <div key={item.code + item.subject}>{visible(item.what)}</div>)}</td>
  </tr>;
}
