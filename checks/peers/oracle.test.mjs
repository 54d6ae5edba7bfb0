// The judge is shown what is true and one lie of each kind: node --test checks/peers/oracle.test.mjs
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { body } from './events.mjs';
import { judge } from './oracle.mjs';

const SEED = 7;

/** Events that were acknowledged one after the other, under the positions 1, 2, 3. */
function honest(count = 6) {
  const journal = [];
  for (let n = 0; n < count; n++) journal.push({ n, key: `k${n % 2}`, sent: n * 10, answered: n * 10 + 5, position: n + 1 });
  return { journal, read: journal.map(({ n, key, position }) => ({ text: body(SEED, n, key), position })) };
}

function figures(change) {
  const { journal, read } = honest();
  change(journal, read);
  const { lost, twice, misordered, false: untrue } = judge(SEED, journal, read);
  return { lost, twice, misordered, untrue };
}
const TRUE = { lost: 0, twice: 0, misordered: 0, untrue: 0 };

test('an honest store has nothing against it', () => assert.deepEqual(figures(() => {}), TRUE));
test('an acknowledged event that is not there is lost, and its answer was false', () =>
  assert.deepEqual(figures((_, read) => read.pop()), { ...TRUE, lost: 1, untrue: 1 }));
test('an event without an acknowledgement may be missing', () =>
  assert.deepEqual(figures((journal, read) => { delete journal[5].answered; read.pop(); }), TRUE));
test('an event without an acknowledgement may be there', () =>
  assert.deepEqual(figures((journal) => { delete journal[5].answered; }), TRUE));
test('an event that is read again is there twice', () =>
  assert.deepEqual(figures((_, read) => read.push(read[5])), { ...TRUE, twice: 1 }));
test('an event behind a later one of its key is out of order', () =>
  assert.deepEqual(figures((_, read) => {
    const [moved] = read.splice(0, 1);
    read.push({ ...moved, position: 1 });
  }), { ...TRUE, misordered: 1 }));
test('an event ahead of which stands one that was sent after its acknowledgement is out of order', () =>
  assert.deepEqual(figures((journal, read) => {
    for (const entry of [...journal, ...read]) delete entry.position;
    [read[4], read[5]] = [read[5], read[4]];
  }), { ...TRUE, misordered: 1 }));
test('an event under another number than its acknowledgement named is a false answer', () =>
  assert.deepEqual(figures((_, read) => { read[5] = { ...read[5], position: 9 }; }), { ...TRUE, untrue: 1 }));
test('an event with a changed byte is lost, and what is there instead was never sent', () =>
  assert.deepEqual(figures((_, read) => { read[5] = { ...read[5], text: read[5].text.replace(/.."}$/, 'zz"}') }; }),
    { ...TRUE, lost: 1, untrue: 2 }));
test('an event that nobody sent is a false answer', () =>
  assert.deepEqual(figures((_, read) => read.push({ text: body(SEED, 99, 'k1'), position: 7 })), { ...TRUE, untrue: 1 }));
