// The events of a run: 200 bytes of JSON that follow from number, key and seed alone, so that nothing has to be kept to compare them.
import { createHash } from 'node:crypto';

export const BYTES = 200;

/** The bytes of event number n. */
export function body(seed, n, key) {
  const head = `{"n":${n},"key":"${key}","pad":"`;
  const room = BYTES - head.length - 2;
  let pad = '';
  for (let part = 0; pad.length < room; part++) pad += createHash('sha256').update(`${seed} ${n} ${part}`).digest('hex');
  return `${head}${pad.slice(0, room)}"}`;
}

/** The number of an event that was read, or null where it is none of ours. */
export function numberOf(text) {
  const found = /^\{"n":(\d+),/.exec(text);
  return found ? Number(found[1]) : null;
}

/** Lots from a seed (mulberry32): the same seed draws the same. */
export function lots(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
