// Runs rows and prints their table: node run.mjs --seconds N --seed N --out DIR [--fault NAME]... [ROW...]
// --list: the rows' names. --needs: the packages of Debian they need, each with a file that shows that it is there.
// Exit code 1 when Ingest did not hold, or when the judge saw no loss where nothing is kept.
import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { campaign } from './campaign.mjs';
import { faults } from './faults.mjs';
import { freePort } from '../free-port.mjs';
import { endAll } from './servers.mjs';
import { rows } from './stores.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '15' }, seed: { type: 'string', default: '1' }, out: { type: 'string' },
    fault: { type: 'string', multiple: true, default: [...faults.keys()] }, list: { type: 'boolean' }, needs: { type: 'boolean' },
  },
});
const unknown = [...positionals.filter((name) => !rows.has(name)), ...values.fault.filter((name) => !faults.has(name))];
if (unknown.length > 0) {
  console.error(`There is no ${unknown.join(', ')}. Rows: ${[...rows.keys()].join(' ')}. Faults: ${[...faults.keys()].join(' ')}.`);
  process.exit(2);
}
const chosen = [...rows.values()].filter(({ name }) => positionals.length === 0 || positionals.includes(name));
if (values.needs) {
  const needs = chosen.flatMap(({ Store }) => Object.entries(Store.needs).map((pair) => pair.join(' ')));
  console.log([...new Set(needs)].join('\n'));
  process.exit(0);
}
if (values.list) {
  console.log(chosen.map(({ name }) => name).join('\n'));
  process.exit(0);
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => void endAll().finally(() => process.exit(130)));
// What a client library says of a connection that was cut off may come when the load has already given that connection up.
process.on('unhandledRejection', (error) => { if (process.env.DEBUG) console.error(error); });

const HEAD = ['Store', 'Setting', 'Fault', 'Injections', 'Acknowledged', 'Lost', 'Twice', 'Out of order', 'False answers',
  'Slowest recovery', 'Row'];
const lines = [`| ${HEAD.join(' | ')} |`, `|${'---|'.repeat(HEAD.length)}`];
const seed = Number(values.seed);
let bad = 0;
mkdirSync(values.out, { recursive: true });
console.log(lines.join('\n'));
for (const fault of values.fault.map((name) => faults.get(name))) {
  for (const row of chosen) {
    const cells = await figures(row, fault);
    lines.push(`| ${cells.join(' | ')} |`);
    console.log(lines.at(-1));
  }
}
writeFileSync(`${values.out}/table.md`, `${lines.join('\n')}\n`);
process.exit(bad);

async function figures(row, fault) {
  const setting = row.setting + (row.safe ? ' (safe)' : '');
  const name = `\`${row.name}\``;
  try {
    const ports = [];
    for (let count = 0; count < 4; count++) ports.push(await freePort());
    const got = await campaign(row, fault, { seconds: Number(values.seconds), seed, ports, out: values.out });
    const wrong = got.lost + got.twice + got.misordered + got.false;
    if (row.name === 'ingest' && wrong > 0) bad = 1;
    if (row.control && got.lost === 0) bad = 1;
    return [`${row.title} ${got.version}`.trim(), setting, fault.title, got.injections, got.acknowledged,
      got.lost + (got.stuck ? `: ${got.stuck}` : ''), got.twice, got.misordered, got.false,
      `${(got.slowest / 1000).toFixed(1)} s`, name];
  } catch (error) {
    if (row.name === 'ingest' || row.control) bad = 1;
    return [row.title, setting, fault.title, `not run: ${error.message}`, '–', '–', '–', '–', '–', '–', name];
  }
}
