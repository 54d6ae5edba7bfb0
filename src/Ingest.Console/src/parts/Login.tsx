import { useEffect, useRef, useState } from "preact/hooks";
import { setToken } from "../api";

let waiting: Promise<void> | null = null;
let open: ((done: () => void) => void) | null = null;

/** Asks for the node's token, once for all who wait for it. */
export function signIn(): Promise<void> {
  waiting ??= new Promise<void>(done => open?.(done)).then(() => { waiting = null; });
  return waiting;
}

export function Login() {
  const dialog = useRef<HTMLDialogElement>(null);
  const input = useRef<HTMLInputElement>(null);
  const done = useRef<() => void>(() => {});
  const [tries, setTries] = useState(0);
  useEffect(() => {
    open = finish => { done.current = finish; dialog.current?.showModal(); };
  }, []);
  const submit = (event: Event) => {
    event.preventDefault();
    setToken(input.current!.value.trim());
    input.current!.value = "";
    setTries(tries + 1);
    dialog.current!.close();
    done.current();
  };
  return <dialog id="login" ref={dialog} aria-labelledby="login-title" onCancel={event => event.preventDefault()}>
    <form id="login-form" onSubmit={submit}>
      <h2 id="login-title">This node wants its token</h2>
      <p><label for="token">The value of <code>Admin:Token</code>. It is kept in this tab only.</label></p>
      <input id="token" ref={input} type="password" autocomplete="off" required />
      <p id="login-wrong" class="banner bad" role="alert" hidden={tries === 0}>That is not it.</p>
      <menu><button type="submit" class="main">Continue</button></menu>
    </form>
  </dialog>;
}
