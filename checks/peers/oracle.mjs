// The judge of every row: what the clients were told, beside what was read back.
//
// journal: one entry an event, in the order of numbers: { n, key, sent, answered, position }; answered is undefined where no
//          acknowledgement came, position undefined where the acknowledgement names none.
// read:    in the order of reading: { text, position }.
import { body, numberOf } from './events.mjs';

/** The figures of a row. */
export function judge(seed, journal, read) {
  const found = new Map();
  let twice = 0;
  let strange = 0;
  for (const [place, { text, position }] of read.entries()) {
    const n = numberOf(text);
    const entry = n === null ? undefined : journal[n];
    if (!entry || text !== body(seed, n, entry.key)) strange++;
    else if (found.has(n)) twice++;
    else found.set(n, { entry, place, position });
  }
  const acknowledged = journal.filter((entry) => entry.answered !== undefined);
  const lost = acknowledged.filter((entry) => !found.has(entry.n));
  const misnumbered = acknowledged.filter(({ n, position }) =>
    position !== undefined && found.has(n) && found.get(n).position !== position);
  return {
    sent: journal.length,
    acknowledged: acknowledged.length,
    lost: lost.length,
    firstLost: lost[0]?.n,
    twice,
    misordered: misordered([...found.values()]),
    // An acknowledgement of what is not there, or of another number than it is under, or an event that nobody sent.
    false: lost.length + misnumbered.length + strange,
    unanswered: [...found.values()].filter(({ entry }) => entry.answered === undefined).length,
  };
}

/** Events behind a later one of their key, or ahead of which stands one that was sent after their acknowledgement. */
function misordered(found) {
  const wrong = new Set();
  const latest = new Map();
  for (const { entry } of found) {
    if (entry.n < (latest.get(entry.key) ?? -1)) wrong.add(entry.n);
    else latest.set(entry.key, entry.n);
  }
  let youngest = -Infinity;
  for (const { entry } of [...found].sort(byPosition)) {
    if (entry.answered !== undefined && entry.answered < youngest) wrong.add(entry.n);
    youngest = Math.max(youngest, entry.sent);
  }
  return wrong.size;
}

/** By the store's own numbers where these are numbers, else as they were read. */
function byPosition(a, b) {
  return typeof a.position === 'number' && typeof b.position === 'number' ? a.position - b.position : a.place - b.place;
}
