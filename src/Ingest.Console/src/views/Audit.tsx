import { useEffect, useState } from "preact/hooks";
import { read } from "../api";
import { count, moment, visible } from "../format";
import { Table } from "../parts/Table";
import type { AuditPage } from "../types";

/** Who did what, the latest first. */
export function Audit({ beat }: { beat: number }) {
  const [page, setPage] = useState<AuditPage | null>(null);
  const [before, setBefore] = useState<number[]>([]);
  const place = before.at(-1);
  useEffect(() => {
    let current = true;
    read<AuditPage>("/audit?limit=50" + (place ? "&before=" + place : "")).then(found => { if (current) setPage(found); }, () => {});
    return () => { current = false; };
  }, [beat, place]);
  return <section class="card wide" aria-labelledby="h-audit">
    <div class="title">
      <h2 id="h-audit">What operators did</h2>
      <div class="choices">
        <button type="button" disabled={before.length === 0} onClick={() => setBefore(before.slice(0, -1))}>Later</button>
        <button type="button" disabled={!page?.next} onClick={() => setBefore([...before, page!.next!])}>Earlier</button>
      </div>
    </div>
    <Table label="What operators did" bodyId="audit" columns={[
      { name: "Number", numeric: true }, { name: "Time" }, { name: "Action" }, { name: "Of" }, { name: "Outcome" }, { name: "Operator" },
      { name: "From" }]}>
      {page?.entries.map(entry => <tr key={entry.number}>
        <td class="n">{count(entry.number)}</td>
        <td>{moment(entry.time)}</td>
        <td>{visible(entry.action)}</td>
        <td class="why">{visible(entry.target)}</td>
        <td class="why">{visible(entry.detail)}</td>
        <td>{visible(entry.operator ?? "–")}</td>
        <td>{visible(entry.from)}</td>
      </tr>)}
    </Table>
    {page?.entries.length === 0 && <p class="meta">Nobody did anything to this node yet.</p>}
    {page && page.lost > 0 && <p class="banner warn">{count(page.lost)} entries could not be read.</p>}
  </section>;
}
