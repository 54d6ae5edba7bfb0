import { useEffect, useState } from "preact/hooks";
import { act, call, read } from "../api";
import { bytes, count, moment, visible } from "../format";
import { ask } from "../parts/Ask";
import { tell } from "../parts/Outcome";
import { Pill } from "../parts/Pill";
import { Table } from "../parts/Table";
import type { Letter, LetterGroup, LetterGroups, LetterPage, Progress } from "../types";

const Shown = 50;
const UndoFor = 8000;
const PayloadShown = 64 * 1024;

interface Filter { lane?: string; stream?: string; reason?: string; state?: string }

const query = (filter: Filter) => new URLSearchParams(Object.entries(filter).filter(([, value]) => value)).toString();
const describe = (filter: Filter) => Object.values(filter).filter(Boolean).join(", ") || "all";

/** What sinks refused: counted by what it has in common, then one by one. */
export function DeadLetters({ beat }: { beat: number }) {
  const [groups, setGroups] = useState<LetterGroups | null>(null);
  const [page, setPage] = useState<LetterPage | null>(null);
  const [filter, setFilter] = useState<Filter>({});
  const [after, setAfter] = useState<string[]>([]);
  const [ticket, setTicket] = useState<Progress | null>(null);
  const [seen, setSeen] = useState<string | null>(null);
  const [off, setOff] = useState(false);
  const place = after.at(-1);

  useEffect(() => {
    let current = true;
    const look = async () => {
      const found = await call("GET", "/deadletters/groups?by=lane,stream,reason,state&limit=200");
      if (found.status === 404) { setOff(true); return; }
      const start = place ? "&after=" + encodeURIComponent(place) : "";
      const letters = await read<LetterPage>(`/deadletters?limit=${Shown}&${query(filter)}${start}`);
      if (current && found.ok) { setGroups(await found.json() as LetterGroups); setPage(letters); }
    };
    look().catch(() => {});
    return () => { current = false; };
  }, [beat, filter, place]);

  useEffect(() => {
    if (!ticket || ticket.waiting === 0) return;
    read<Progress>("/deadletters/requeue?ticket=" + ticket.ticket).then(setTicket, () => {});
  }, [beat]);

  const requeue = async (body: object, what: string, letters: number) => {
    const text = `${what}: they go through their lane once more, with their identity.`;
    if (!await ask(`Deliver ${count(letters)} again?`, text, "Requeue")) return;
    const done = await act("POST", "/deadletters/requeue", "Requeued.", body);
    tell({ text: done.text, kind: done.ok ? "good" : "bad" });
    const answer = done.answer as { letters: number; ticket: number };
    if (done.ok) {
      setTicket({ ticket: answer.ticket, letters: answer.letters, delivered: 0, refused: 0, dropped: 0, waiting: answer.letters });
    }
  };
  const drop = async (body: object, what: string, letters: number) => {
    if (!await ask(`Drop ${count(letters)} for good?`, `${what}: they are never delivered.`, "Drop")) return;
    dropLater(body, what, letters);
  };
  if (off) return <section class="card wide"><p>This node keeps no dead letters.</p></section>;
  return <>
    {ticket && <Requeued ticket={ticket} />}
    <section class="card wide" id="dead" aria-labelledby="h-groups">
      <h2 id="h-groups">Dead letters: {count(groups?.lettersTotal ?? 0)}</h2>
      <Table label="Dead letters by reason and stream" bodyId="groups" columns={[
        { name: "Reason" }, { name: "Stream" }, { name: "Lane" }, { name: "State" }, { name: "Letters", numeric: true },
        { name: "Bytes", numeric: true }, { name: "Actions", hidden: true }]}>
        {groups?.groups.map(group => <GroupRow key={Object.values(group).slice(0, 4).join("|")} group={group}
          onShow={() => { setFilter(of(group)); setAfter([]); }}
          onRequeue={() => requeue({ filter: of(group) }, describe(of(group)), group.count)}
          onDrop={() => drop({ filter: of(group) }, describe(of(group)), group.count)} />)}
      </Table>
      {groups?.groups.length === 0 && <p class="meta">No sink has refused anything that waits for a decision.</p>}
    </section>
    {page && page.letters.length + after.length > 0 && <section class="card wide" aria-labelledby="h-letters">
      <div class="title">
        <h2 id="h-letters">{describe(filter) === "all" ? "One by one" : "One by one: " + visible(describe(filter))}</h2>
        <div class="choices">
          {describe(filter) !== "all" && <button type="button" onClick={() => { setFilter({}); setAfter([]); }}>All</button>}
          <button type="button" disabled={after.length === 0} onClick={() => setAfter(after.slice(0, -1))}>Earlier</button>
          <button type="button" disabled={!page.next} onClick={() => setAfter([...after, page.next!])}>Later</button>
        </div>
      </div>
      <Table label="Dead letters one by one" bodyId="letters" columns={[
        { name: "Letter" }, { name: "Stream" }, { name: "Last tried" }, { name: "Attempts", numeric: true }, { name: "Reason" },
        { name: "Actions", hidden: true }]}>
        {page.letters.map(letter => <LetterRow key={letter.id} letter={letter} isSeen={seen === letter.id}
          onSee={() => setSeen(seen === letter.id ? null : letter.id)}
          onRequeue={() => requeue({ ids: [letter.id] }, letter.id, 1)} onDrop={() => drop({ ids: [letter.id] }, letter.id, 1)} />)}
      </Table>
    </section>}
  </>;
}

const of = (group: LetterGroup): Filter =>
  ({ lane: group.lane, stream: group.stream, reason: group.reason === "other" ? undefined : group.reason, state: group.state });

/** Until it is sent, a drop can be taken back. */
function dropLater(body: object, what: string, letters: number) {
  const timer = setTimeout(async () => {
    const done = await act("POST", "/deadletters/drop", `Dropped: ${what}.`, body);
    tell({ text: done.text, kind: done.ok ? "good" : "bad" });
  }, UndoFor);
  tell({
    text: `${count(letters)} dead letters are dropped in ${UndoFor / 1000} s: ${what}.`, kind: "plain",
    undo: () => { clearTimeout(timer); tell({ text: "Nothing was dropped.", kind: "good" }); },
  });
}

function Requeued({ ticket }: { ticket: Progress }) {
  const settled = ticket.letters - ticket.waiting;
  return <section class="card wide" id="requeued" aria-label="Requeue">
    <h2>Requeue {ticket.ticket}: {count(settled)} of {count(ticket.letters)}</h2>
    <progress max={ticket.letters} value={settled} aria-label="Letters that are settled" />
    <p class="meta">{count(ticket.delivered)} delivered, {count(ticket.refused)} refused again, {count(ticket.dropped)} dropped, {" "}
      {count(ticket.waiting)} waiting.</p>
  </section>;
}

function GroupRow({ group, onShow, onRequeue, onDrop }: {
  group: LetterGroup; onShow: () => void; onRequeue: () => void; onDrop: () => void;
}) {
  const name = `${group.count} of ${group.stream}, ${group.reason}`;
  return <tr>
    <td class="why">{visible(group.reason)}</td>
    <td>{visible(group.stream)}</td>
    <td>{visible(group.lane)}</td>
    <td><Pill text={group.state} kind={group.state === "dead" ? "bad" : "warn"} /></td>
    <td class="n">{count(group.count)}</td>
    <td class="n">{bytes(group.bytes)}</td>
    <td><div class="buttons">
      <button type="button" aria-label={"Show " + name} onClick={onShow}>Show</button>
      <button type="button" disabled={group.state !== "dead" || group.reason === "other"} aria-label={"Requeue " + name}
        onClick={onRequeue}>Requeue…</button>
      <button type="button" disabled={group.reason === "other"} aria-label={"Drop " + name} onClick={onDrop}>Drop…</button>
    </div></td>
  </tr>;
}

function LetterRow({ letter, isSeen, onSee, onRequeue, onDrop }: {
  letter: Letter; isSeen: boolean; onSee: () => void; onRequeue: () => void; onDrop: () => void;
}) {
  const text = usePayload(isSeen ? letter : null);
  return <>
    <tr>
      <td>{visible(letter.id)}</td>
      <td>{visible(letter.stream)}</td>
      <td>{moment(letter.lastAttempt)}</td>
      <td class="n">{count(letter.attempts)}</td>
      <td class="why">{visible(letter.reason)}</td>
      <td><div class="buttons">
        <button type="button" aria-expanded={isSeen} aria-label={"Look into " + letter.id} onClick={onSee}>Look</button>
        <button type="button" disabled={letter.state !== "dead"} aria-label={"Requeue " + letter.id} onClick={onRequeue}>Requeue…</button>
        <button type="button" aria-label={"Drop " + letter.id} onClick={onDrop}>Drop…</button>
      </div></td>
    </tr>
    {isSeen && <tr><td colSpan={6}><pre class="payload" tabIndex={0}>{text}</pre></td></tr>}
  </>;
}

function usePayload(letter: Letter | null) {
  const [text, setText] = useState("…");
  useEffect(() => {
    if (!letter) return;
    read<{ event: object }>("/deadletters/" + letter.id.split("/").map(encodeURIComponent).join("/"))
      .then(found => JSON.stringify(found.event, null, 2))
      .then(found => found.length > PayloadShown ? found.slice(0, PayloadShown) + " … (ingest deadletters has all of it)" : found)
      .then(found => setText(visibleLines(found)), error => setText((error as Error).message));
  }, [letter?.id]);
  return text;
}

const visibleLines = (text: string) => text.split("\n").map(visible).join("\n");
