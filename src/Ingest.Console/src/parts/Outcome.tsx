import { useEffect, useState } from "preact/hooks";
import { visible } from "../format";

export interface Told { text: string; kind: "good" | "bad" | "plain"; undo?: () => void }

let show: ((told: Told | null) => void) | null = null;

/** What became of the last action: stays until it is closed or the next one is done, whatever the node's state is meanwhile. */
export const tell = (told: Told | null) => show?.(told);

export function Outcome() {
  const [told, setTold] = useState<Told | null>(null);
  useEffect(() => { show = setTold; }, []);
  return <div id="outcome" class={"banner " + (told?.kind ?? "plain")} role="status" aria-live="assertive" hidden={!told}>
    <span id="outcome-text">{visible(told?.text ?? "")}</span>
    <span class="buttons">
      {told?.undo && <button type="button" id="outcome-undo" onClick={told.undo}>Undo</button>}
      <button type="button" id="outcome-close" onClick={() => setTold(null)}>Close</button>
    </span>
  </div>;
}
