import { visible, words } from "../format";

export type Kind = "good" | "warn" | "bad" | "plain";

export const Pill = ({ text, kind, id }: { text: string; kind: Kind; id?: string }) =>
  <span id={id} class={"pill " + kind}>{visible(words(text))}</span>;

const kinds: Record<string, Kind> = {
  idle: "good", delivering: "good", drained: "good", backing_off: "warn", probing: "warn", opening: "warn", open: "bad", blocked: "bad",
};

export const laneKind = (state: string): Kind => kinds[state] ?? "plain";
