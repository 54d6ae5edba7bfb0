import { signIn } from "./parts/Login";

const Token = "ingest-token";

// What looks is asked again soon; what does something may write a lot before it answers.
const LookMs = 10_000, ActMs = 120_000;

let token = sessionStorage.getItem(Token) ?? "";

export const setToken = (text: string) => {
  token = text;
  sessionStorage.setItem(Token, text);
};

/** Calls the node; asks for the token where it wants one. Whoever does something is named as this page. */
export async function call(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<Response> {
  const sent: Record<string, string> = { "Ingest-Operator": "console", ...headers };
  if (token) sent["Authorization"] = "Bearer " + token;
  if (body !== undefined) sent["Content-Type"] = "application/json";
  const response = await fetch(path, {
    method, headers: sent, body: body === undefined ? null : JSON.stringify(body), cache: "no-store", redirect: "error",
    signal: AbortSignal.timeout(method === "GET" ? LookMs : ActMs),
  });
  if (response.status !== 401) return response;
  await signIn();
  return call(method, path, body, headers);
}

/** Reads lines of JSON for as long as the node sends some, or until the signal. */
export async function follow(path: string, signal: AbortSignal, onLine: (line: string) => void): Promise<string | null> {
  const response = await fetch(path, { headers: token ? { Authorization: "Bearer " + token } : {}, cache: "no-store", signal });
  if (!response.ok || !response.body) return problemOf(await response.json().catch(() => ({})), response.status);
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (let rest = ""; ;) {
    const { value, done } = await reader.read();
    if (done) return null;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    lines.filter(line => line.length > 0).forEach(onLine);
  }
}

export const problemOf = (problem: { detail?: string }, status: number) => problem.detail ?? `the node answered ${status}.`;

/** Reads a document. */
export async function read<T>(path: string): Promise<T> {
  const response = await call("GET", path);
  if (!response.ok) throw new Error(problemOf(await response.json().catch(() => ({})), response.status));
  return await response.json() as T;
}

export interface Done { ok: boolean; text: string; answer: unknown }

/** Does something, and says what became of it. */
export async function act(method: string, path: string, done: string, body?: unknown, headers?: Record<string, string>): Promise<Done> {
  try {
    const response = await call(method, path, body, headers);
    const answer: unknown = await response.json().catch(() => ({}));
    document.dispatchEvent(new Event("acted"));
    return response.ok ? { ok: true, text: done, answer }
      : { ok: false, text: "Not done: " + problemOf(answer as { detail?: string }, response.status), answer };
  } catch (error) {
    return { ok: false, text: `The node did not answer (${(error as Error).message}): whether it was done is not known.`, answer: null };
  }
}
