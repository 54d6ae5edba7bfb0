import { render } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { call, read } from "./api";
import { seconds } from "./format";
import { Ask } from "./parts/Ask";
import { Attention, Head, mark } from "./parts/Head";
import { Login } from "./parts/Login";
import { Outcome } from "./parts/Outcome";
import type { Status } from "./types";
import { Audit } from "./views/Audit";
import { DeadLetters } from "./views/DeadLetters";
import { Events } from "./views/Events";
import { Fleet } from "./views/Fleet";
import { Lanes } from "./views/Lanes";
import { Overview, type Thresholds } from "./views/Overview";
import { Streams } from "./views/Streams";

const Every = 1500;
const Views: [string, string][] = [
  ["overview", "Overview"], ["lanes", "Lanes"], ["streams", "Streams"], ["deadletters", "Dead letters"], ["events", "Events"],
  ["audit", "Audit"], ["fleet", "Fleet"]];

const chosen = () => Views.find(([name]) => "#" + name === location.hash)?.[0] ?? "overview";

function App() {
  const { status, silence, beat } = useStatus();
  const [view, setView] = useState(chosen());
  const thresholds = useThresholds(status !== null);
  useEffect(() => {
    const changed = () => setView(chosen());
    addEventListener("hashchange", changed);
    return () => removeEventListener("hashchange", changed);
  }, []);
  return <>
    <Head status={status} silent={silence !== null} />
    <main>
      <div id="silence" class="banner bad" role="alert" hidden={silence === null}>{silence}</div>
      <Outcome />
      <Attention status={status} />
      <nav aria-label="Views">{Views.map(([name, title]) =>
        <a key={name} href={"#" + name} id={"to-" + name} aria-current={name === view ? "page" : undefined}>
          {title}{name === "deadletters" && status?.deadLetters?.count ? ` (${status.deadLetters.count})` : ""}</a>)}</nav>
      {status && <div class="grid" id="view" data-view={view}>
        {view === "overview" && <Overview status={status} thresholds={thresholds} beat={beat} />}
        {view === "lanes" && <Lanes status={status} />}
        {view === "streams" && <Streams status={status} beat={beat} />}
        {view === "deadletters" && <DeadLetters beat={beat} />}
        {view === "events" && <Events streams={status.streams.map(stream => stream.stream)} />}
        {view === "audit" && <Audit beat={beat} />}
        {view === "fleet" && <Fleet beat={beat} />}
      </div>}
    </main>
    <footer>Live every 1.5 s while this page is in view. The same for scripts: <code>ingest status --json</code>,
      {" "}<code>/status</code>, <code>/history</code>, <code>/metrics</code>.</footer>
    <Ask />
    <Login />
  </>;
}

/** The node's status, again and again while the page is in view; and how old it is where the node does not answer. */
function useStatus() {
  const [status, setStatus] = useState<Status | null>(null);
  const [silence, setSilence] = useState<string | null>(null);
  const [beat, setBeat] = useState(0);
  const last = useRef({ at: 0, busy: false, status: null as Status | null });
  useEffect(() => {
    const look = async () => {
      if (last.current.busy) return;
      last.current.busy = true;
      try {
        const response = await call("GET", "/status");
        if (!response.ok) throw new Error("answered " + response.status);
        const found = await response.json() as Status;
        Object.assign(last.current, { at: performance.now(), status: found });
        setStatus(found);
        setSilence(null);
        setBeat(count => count + 1);
        mark(found, false);
        document.body.dataset["live"] = "yes";
      } catch (error) {
        const age = last.current.at > 0 ? `What is shown is ${seconds((performance.now() - last.current.at) / 1000)} old.`
          : "Nothing was seen of it yet.";
        setSilence(`The node does not answer (${(error as Error).message}). ${age}`);
        mark(last.current.status, true);
        delete document.body.dataset["live"];
      } finally {
        last.current.busy = false;
      }
    };
    let timer = 0;
    const pace = () => {
      clearInterval(timer);
      if (!document.hidden) { void look(); timer = window.setInterval(() => void look(), Every); }
    };
    document.addEventListener("visibilitychange", pace);
    document.addEventListener("acted", look);
    pace();
    return () => {
      clearInterval(timer);
      document.removeEventListener("visibilitychange", pace);
      document.removeEventListener("acted", look);
    };
  }, []);
  return { status, silence, beat };
}

function useThresholds(live: boolean) {
  const [thresholds, setThresholds] = useState<Thresholds | null>(null);
  useEffect(() => {
    if (!live) return;
    read<{ key: string; value: string }[]>("/debug/settings").then(settings => {
      const value = (key: string) => parseFloat(settings.find(setting => setting.key === key)?.value ?? "");
      const found = { low: value("Health:MemoryLow"), high: value("Health:MemoryHigh") };
      if (!isNaN(found.low) && !isNaN(found.high)) setThresholds(found);
    }, () => {});
  }, [live]);
  return thresholds;
}

render(<App />, document.getElementById("app")!);
