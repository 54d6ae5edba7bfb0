import { useEffect, useRef, useState } from "preact/hooks";
import { follow } from "../api";
import { count, moment, visible } from "../format";
import { Table } from "../parts/Table";
import type { TailEvent } from "../types";

const Kept = 200;
const LettersShown = 400;

interface Shown { line: string; event: TailEvent }

/** Committed events as they come, from the log. Nothing is read before somebody asks. */
export function Events({ streams }: { streams: string[] }) {
  const [stream, setStream] = useState("");
  const [from, setFrom] = useState("");
  const [text, setText] = useState("");
  const [running, setRunning] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const [events, setEvents] = useState<Shown[]>([]);
  const [seen, setSeen] = useState(0);
  const waiting = useRef<Shown[]>([]);

  useEffect(() => {
    if (!running) return;
    const stop = new AbortController();
    // Lines come faster than a page can draw: some at a time.
    const timer = setInterval(() => {
      const fresh = waiting.current.splice(0);
      if (fresh.length > 0) {
        setSeen(before => before + fresh.length);
        setEvents(before => [...fresh.reverse(), ...before].slice(0, Kept));
      }
    }, 300);
    const query = new URLSearchParams({ ...(stream && { stream }), ...(from.trim() && { from: from.trim() }) });
    follow("/events/tail?" + query, stop.signal, line => {
      waiting.current.push({ line, event: JSON.parse(line) as TailEvent });
      if (waiting.current.length > Kept * 10) waiting.current.splice(0, Kept * 9);
    }).then(refused => { setProblem(refused); setRunning(false); }, error => {
      if (!stop.signal.aborted) { setProblem((error as Error).message); setRunning(false); }
    });
    return () => { clearInterval(timer); stop.abort(); };
  }, [running]);

  const start = (event: Event) => {
    event.preventDefault();
    setProblem(null);
    if (!running) { setEvents([]); setSeen(0); }
    setRunning(!running);
  };
  const wanted = events.filter(({ line }) => !text || line.toLowerCase().includes(text.toLowerCase()));
  return <section class="card wide" aria-labelledby="h-events">
    <h2 id="h-events">Events as they are committed</h2>
    <form class="line" onSubmit={start}>
      <label>Stream <select id="tail-stream" value={stream} disabled={running} onChange={event => setStream(event.currentTarget.value)}>
        <option value="">all</option>{streams.map(name => <option key={name}>{name}</option>)}</select></label>
      <label>From <input id="tail-from" value={from} disabled={running} placeholder="now; or a number, or a time"
        onInput={event => setFrom(event.currentTarget.value)} /></label>
      <label>Containing <input id="tail-text" value={text} onInput={event => setText(event.currentTarget.value)} /></label>
      <button type="submit" id="tail" class={running ? "" : "main"}>{running ? "Stop" : "Follow"}</button>
      <span class="meta" role="status">
        {problem ? "Not shown: " + visible(problem) : seen > 0 ? `${count(seen)} seen, the last ${Kept} kept` : ""}</span>
    </form>
    <Table label="Events" bodyId="tail-events" columns={[
      { name: "Event", numeric: true }, { name: "Stream" }, { name: "Accepted" }, { name: "Key" }, { name: "Content" }]}>
      {wanted.map(({ event, line }) => event.missing
        ? <tr key={line}><td class="why" colSpan={5}>{count(event.missing.count)} events from {count(event.missing.first)} on
          {event.missing.reclaimed ? " are no longer in the log" : " are damaged"}</td></tr>
        : <tr key={event.seq}>
          <td class="n">{count(event.seq)}</td>
          <td>{visible(event.stream)}</td>
          <td>{moment(event.time)}</td>
          <td>{visible(event.key ?? "–")}</td>
          <td class="content"><code>{visible(content(event))}</code></td>
        </tr>)}
    </Table>
  </section>;
}

function content(event: TailEvent) {
  const text = event.data === undefined ? `${event.type ?? ""} ${event.data_base64 ?? ""}` : JSON.stringify(event.data);
  return text.length > LettersShown ? text.slice(0, LettersShown) + " …" : text;
}
