import { useEffect, useState } from "preact/hooks";
import { read } from "../api";
import { bytes, count, percent, seconds, short, words } from "../format";
import { Chart, type Line } from "../parts/Chart";
import { Bar, Facts } from "../parts/Facts";
import { Pill } from "../parts/Pill";
import type { History, Status } from "../types";
import { LaneTable } from "./Lanes";

const Points = 300;

// An hour's points cost the node ten times what its status does: charts follow every third look.
const BeatsPerChart = 3;
const Ranges: [number, string][] = [[300, "5 min"], [900, "15 min"], [3600, "60 min"]];
const Colors = ["--accent", "--second", "--warn", "--bad", "--good", "--soft"];

export interface Thresholds { low: number; high: number }

export function Overview({ status, thresholds, beat }: { status: Status; thresholds: Thresholds | null; beat: number }) {
  return <>
    <Sums status={status} />
    <Draining status={status} />
    <LaneTable status={status} />
    <Charts beat={beat} />
    <LogCard status={status} />
    <DiskCard status={status} />
    <MemoryCard status={status} thresholds={thresholds} />
  </>;
}

function Sums({ status }: { status: Status }) {
  const lane = [...status.lanes].sort((a, b) => b.pendingEvents - a.pendingEvents)[0];
  const sum = lane?.sum
    ?? { accepted: status.log.durable, delivered: 0, deadLettered: 0, lost: 0, before: 0, pending: status.log.durable, balanced: true };
  const parts: [string, number][] = [["delivered", sum.delivered], ["dead letters", sum.deadLettered], ["pending", sum.pending]];
  if (sum.lost) parts.push(["lost to damage", sum.lost]);
  if (sum.before) parts.push(["before the lane", sum.before]);
  const balanced = status.lanes.every(each => each.sum.balanced);
  return <section class="card wide" aria-labelledby="h-sum">
    <h2 id="h-sum">Every event that was promised</h2>
    <div class="sum" id="sum">
      <div><b>{count(sum.accepted)}</b><span>accepted</span></div>
      {parts.map(([name, value], index) => <>
        <i>{index === 0 ? "=" : "+"}</i>
        <div><b>{count(value)}</b><span>{name}</span></div>
      </>)}
      <Pill text={balanced ? "adds up" : "does not add up"} kind={balanced ? "good" : "bad"} />
      {lane && status.lanes.length > 1 && <span>in lane {lane.name}{lane.pendingEvents > 0 && ", which has most to do"}</span>}
    </div>
  </section>;
}

function Draining({ status }: { status: Status }) {
  const drain = status.drain;
  return <section class="card wide" id="draining" aria-labelledby="h-drain" hidden={drain.phase === "serving"}>
    <h2 id="h-drain">Drain</h2>
    <Facts id="drain-facts" facts={[
      ["Phase", words(drain.phase) + (drain.exitAfter ? ", then the process ends" : "")],
      ["Asked for by", drain.reason],
      ["Still to deliver", count(drain.backlogEvents) + " events, " + bytes(drain.backlogBytes)],
      drain.remainingSeconds !== null && ["At most", seconds(drain.remainingSeconds) + " more"],
      ["Phases", drain.phases.map(each => words(each.phase) + " " + seconds(each.seconds)).join(" · ")],
      drain.failures.length > 0 && ["Failed", drain.failures.join(" ")],
    ]} />
  </section>;
}

function Charts({ beat }: { beat: number }) {
  const [range, setRange] = useState(300);
  const [history, setHistory] = useState<History | null>(null);
  useEffect(() => {
    let current = true;
    read<History>(`/history?sinceSeconds=${range}&points=${Points}`).then(page => { if (current) setHistory(page); }, () => {});
    return () => { current = false; };
  }, [range, Math.floor(beat / BeatsPerChart)]);
  return <section class="card wide" aria-labelledby="h-history">
    <div class="title">
      <h2 id="h-history">The last {Ranges.find(([length]) => length === range)?.[1]}</h2>
      <div class="choices" role="group" aria-label="How far back">
        {Ranges.map(([length, name]) => <button type="button" key={length} aria-pressed={length === range}
          onClick={() => setRange(length)}>{name}</button>)}
      </div>
    </div>
    {history && history.times.length > 0
      ? <div class="charts" id="charts">{chartsOf(history).map(chart => <Chart key={chart.id} {...chart} />)}</div>
      : <p class="meta">Nothing is known of it yet: the node keeps an hour from its start on.</p>}
  </section>;
}

function chartsOf(history: History) {
  const times = history.times.map(time => Date.parse(time) / 1000);
  const row = (name: string) => history.node[name] ?? [];
  const lanes = Object.keys(history.lanes);
  const ofLanes = (name: string, before = "", from = 0): Line[] => lanes.map((lane, index) => ({
    name: before + lane, values: history.lanes[lane]?.[name] ?? [], color: Colors[(from + index) % Colors.length]!,
    dash: from + index >= Colors.length,
  }));
  const limit = (name: string) => history.limits[name] === undefined ? [] : [history.limits[name]!];
  const rate = (value: number) => short(value) + "/s";
  const line = (name: string, values: Line["values"], color: string, dash = false): Line => ({ name, values, color, dash });
  return [
    { id: "c-events", title: "Events a second", times, format: rate, lines: [
      line("accepted", row("events_accepted_per_second"), "--accent"), ...ofLanes("delivered_per_second", "delivered by ", 1)] },
    { id: "c-requests", title: "Requests a second by answer", times, format: rate, lines: [
      line("202", row("requests_accepted_per_second"), "--good"), line("4xx", row("requests_4xx_per_second"), "--accent"),
      line("429", row("requests_429_per_second"), "--warn"), line("503", row("requests_503_per_second"), "--bad"),
      line("other", row("requests_other_per_second"), "--soft")] },
    { id: "c-answer", title: "Time to the answer, and of the flush in it", times, format: seconds, least: 0.001, lines: [
      line("answer p50", row("answer_p50_seconds"), "--accent"), line("answer p99", row("answer_p99_seconds"), "--warn"),
      line("flush p50", row("flush_p50_seconds"), "--second"), line("flush p99", row("flush_p99_seconds"), "--second", true)] },
    { id: "c-backlog", title: "Pending events by lane", times, format: short, lines: ofLanes("pending_events") },
    { id: "c-age", title: "Age of the oldest pending event by lane", times, format: seconds, least: 0.001,
      lines: ofLanes("lag_seconds") },
    { id: "c-window", title: "Batches at once that lanes allow themselves", times, format: short, lines: ofLanes("window_batches") },
    { id: "c-trip", title: "Round trip by lane", times, format: seconds, least: 0.001, lines: ofLanes("round_trip_seconds") },
    { id: "c-breaker", title: "Breaker by lane: 0 closed, 1 half open, 2 open", times, format: short, least: 2,
      lines: ofLanes("breaker") },
    { id: "c-memory", title: "Memory", times, format: percent, least: 0.1,
      limits: [...limit("memory_ratio_low"), ...limit("memory_ratio_high")],
      lines: [line("of the limit", row("memory_ratio"), "--accent")] },
    { id: "c-log", title: "Log", times, format: bytes, lines: [line("on disk", row("log_bytes"), "--accent")] },
    { id: "c-disk", title: "Free disk", times, format: bytes, limits: limit("disk_free_bytes_low"),
      lines: [line("free", row("disk_free_bytes"), "--accent")] },
    { id: "c-queue", title: "Bytes that wait for their flush", times, format: bytes,
      lines: [line("waiting", row("queue_bytes"), "--accent")] },
  ];
}

function LogCard({ status }: { status: Status }) {
  const log = status.log, ratio = log.bytes / log.bytesMax;
  return <section class="card" aria-labelledby="h-log">
    <h2 id="h-log">Log</h2>
    <Bar ratio={ratio} kind={ratio > .95 ? "bad" : ratio > .85 ? "warn" : ""} />
    <Facts id="log-facts" facts={[
      ["Size", bytes(log.bytes) + " of " + bytes(log.bytesMax)],
      ["Events", log.durable < log.first ? "none" : count(log.first) + " to " + count(log.durable)],
      ["Pending", count(log.pending)],
      ["Oldest pending", seconds(log.oldestPendingSeconds)],
      ["Torn at start", bytes(log.recovery.tornBytes)],
      log.lostEvents > 0 && ["Lost to damage", count(log.lostEvents)],
      log.poison && ["Failed", log.poison],
      ["Directory", log.directory],
    ]} />
  </section>;
}

function DiskCard({ status }: { status: Status }) {
  const { disk, queue } = status;
  const known = disk && disk.freeBytes !== null && disk.totalBytes;
  return <section class="card" aria-labelledby="h-disk">
    <h2 id="h-disk">Disk and queue</h2>
    <Bar ratio={known ? 1 - disk.freeBytes! / disk.totalBytes! : 0} kind={disk && disk.state !== "good" ? "bad" : ""} />
    <Facts id="disk-facts" facts={[
      ["Disk", disk ? words(disk.state) : "not looked at yet"],
      known && ["Free", bytes(disk.freeBytes!) + " of " + bytes(disk.totalBytes!)],
      ["Queue", count(queue.items) + " of " + count(queue.itemsMax) + " requests"],
      ["Queue bytes", bytes(queue.bytes) + " of " + bytes(queue.bytesMax)],
      ["Commits", count(queue.groups)],
      ["Commit running", queue.commitRunningSeconds > 0 ? seconds(queue.commitRunningSeconds) : "no"],
      ["Requests in flight", count(status.drain.requestsInFlight)],
    ]} />
  </section>;
}

function MemoryCard({ status, thresholds }: { status: Status; thresholds: Thresholds | null }) {
  const memory = status.memory;
  if (!memory) {
    return <section class="card" aria-labelledby="h-memory"><h2 id="h-memory">Memory</h2><p>Not looked at yet.</p></section>;
  }
  const above = thresholds && memory.ratio > thresholds.low;
  return <section class="card" aria-labelledby="h-memory">
    <h2 id="h-memory">Memory</h2>
    <Bar ratio={memory.ratio} kind={memory.state !== "good" ? "bad" : above ? "warn" : ""}
      marks={thresholds ? [thresholds.low, thresholds.high] : []} />
    <Facts id="memory-facts" facts={[
      ["State", memory.state + ", " + percent(memory.ratio)],
      thresholds && ["Thresholds", thresholds.low * 100 + " % / " + thresholds.high * 100 + " %"],
      ["Process", bytes(memory.anonymousBytes) + (memory.limitBytes ? " of " + bytes(memory.limitBytes) : "")],
      ["Limit from", memory.limitSource],
      ["Heap", bytes(memory.heapBytes) + (memory.heapLimitBytes ? " of " + bytes(memory.heapLimitBytes) : "")],
    ]} />
  </section>;
}
