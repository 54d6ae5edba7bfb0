import { act } from "../api";
import { seconds, since, visible, words } from "../format";
import type { Status } from "../types";
import { ask } from "./Ask";
import { tell } from "./Outcome";
import { Pill } from "./Pill";

const says = (done: { ok: boolean; text: string }) => tell({ text: done.text, kind: done.ok ? "good" : "bad" });

async function drain() {
  if (await ask("Drain this node?", "It refuses new events, delivers what is pending, and stays so until it is resumed.", "Drain")) {
    says(await act("POST", "/drain", "Draining."));
  }
}

async function resume() {
  if (await ask("Resume?", "The node accepts events again.", "Resume")) says(await act("POST", "/resume", "Serving again."));
}

export function Head({ status, silent }: { status: Status | null; silent: boolean }) {
  const kind = silent || status?.state === "failed" ? "bad" : !status ? "plain" : status.ready ? "good" : "warn";
  const state = silent ? "no answer" : !status ? "…" : status.state + (status.ready ? "" : ", not ready");
  return <header>
    <h1 id="node">{visible(status?.node ?? "Ingest")}</h1>
    <Pill id="state" text={state} kind={kind} />
    <p class="meta" id="meta">{status &&
      `version ${status.version.replace(/(\+.{7}).*/, "$1")}, up ${seconds(status.uptimeSeconds)}`}</p>
    <div class="push">
      <button type="button" id="drain" disabled={status?.state !== "serving"} onClick={drain}>Drain</button>
      <button type="button" id="resume" disabled={!status || status.drain.phase === "serving" || status.drain.exitAfter}
        onClick={resume}>Resume</button>
    </div>
  </header>;
}

/** What is wrong now, since when, what happens next and when. */
export function Attention({ status }: { status: Status | null }) {
  const items = status?.attention ?? [];
  const worst = items.some(item => item.severity === "bad") ? "bad" : "warn";
  return <>
    <section id="attention" class={"banner " + worst} role="alert" aria-label="What is wrong now" hidden={items.length === 0}>
      <strong>Needs attention</strong>
      <ul>{items.map(item => <li key={item.code + item.subject}>{visible(item.what)}<br />
        <small>{`Since ${seconds(since(item.since))}. ${visible(item.next)}`
          + (item.nextSeconds === null ? "" : ` In ${seconds(item.nextSeconds)}.`) + ` See ${item.section}`}</small></li>)}</ul>
    </section>
    <div id="reasons" class="banner warn" role="status" hidden={!status || status.reasons.length === 0}>
      <strong>Not ready</strong>
      <ul>{status?.reasons.map(reason => <li key={reason.code}>{words(reason.code)}: {visible(reason.detail)}</li>)}</ul>
    </div>
  </>;
}

/** The tab says it too, where the page is not looked at. */
export function mark(status: Status | null, silent: boolean) {
  const bad = status?.attention.some(item => item.severity === "bad") || status?.ready === false;
  const kind = silent ? "none" : bad ? "bad" : status && status.attention.length > 0 ? "warn" : "good";
  const some = status && status.attention.length > 0 ? status.attention.length + " · " : "";
  document.title = silent ? `? ${visible(status?.node ?? "no answer")} · Ingest`
    : (kind === "good" ? "" : "! ") + some + visible(status?.node ?? "") + " · Ingest";
  const icon = document.getElementById("icon") as HTMLLinkElement;
  if (icon.dataset["kind"] === kind) return;
  const canvas = document.createElement("canvas"), draw = canvas.getContext("2d")!;
  canvas.width = canvas.height = 16;
  draw.fillStyle = { good: "#2e8b57", warn: "#d29922", bad: "#d1242f", none: "#888888" }[kind];
  draw.beginPath();
  draw.arc(8, 8, 7, 0, 7);
  draw.fill();
  icon.href = canvas.toDataURL();
  icon.dataset["kind"] = kind;
}
