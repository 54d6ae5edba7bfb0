import { Fragment } from "preact";
import { visible } from "../format";

export type Fact = [string, string] | false | null | undefined | "" | 0;

export const Facts = ({ facts, id }: { facts: Fact[]; id?: string }) => <dl id={id}>
  {facts.filter(fact => Array.isArray(fact)).map(([name, value]) =>
    <Fragment key={name}><dt>{name}</dt><dd>{visible(value)}</dd></Fragment>)}
</dl>;

/** How full something is, with marks where it matters. Said in words beside it. */
export const Bar = ({ ratio, kind, marks = [] }: { ratio: number; kind: string; marks?: number[] }) =>
  <div class="bar" aria-hidden="true">
    <span class={kind} style={{ width: Math.max(0, Math.min(1, ratio || 0)) * 100 + "%" }} />
    {marks.map(mark => <i key={mark} style={{ left: mark * 100 + "%" }} />)}
  </div>;
