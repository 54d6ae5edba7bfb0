import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { visible } from "../format";

interface Question { title: string; text: string; yes: string; extra?: ComponentChildren; done: (answer: boolean) => void }

let show: ((question: Question) => void) | null = null;

/** Asks before something is done; "Cancel" has the focus, so that no slip of the hand does it. */
export const ask = (title: string, text: string, yes = "Yes", extra?: ComponentChildren) =>
  new Promise<boolean>(done => show?.({ title, text, yes, extra, done }));

export function Ask() {
  const dialog = useRef<HTMLDialogElement>(null);
  const no = useRef<HTMLButtonElement>(null);
  const [question, setQuestion] = useState<Question | null>(null);
  useEffect(() => { show = setQuestion; }, []);
  useLayoutEffect(() => {
    if (question) { dialog.current?.showModal(); no.current?.focus(); }
  }, [question]);
  const close = (answer: boolean) => { dialog.current?.close(); question?.done(answer); setQuestion(null); };
  return <dialog id="ask" ref={dialog} aria-labelledby="ask-title" onCancel={() => { question?.done(false); setQuestion(null); }}>
    <h2 id="ask-title">{question?.title}</h2>
    <p id="ask-text">{visible(question?.text ?? "")}</p>
    {question?.extra}
    <menu>
      <button type="button" id="ask-no" ref={no} onClick={() => close(false)}>Cancel</button>
      <button type="button" id="ask-yes" class="main" onClick={() => close(true)}>{question?.yes ?? "Yes"}</button>
    </menu>
  </dialog>;
}
