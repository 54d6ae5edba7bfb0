// What a client's run alone does not show: node proofs/run.mjs [NAME...]. Each proof prints what it found and fails by an exception.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const all = ["signatures", "acknowledgements", "import", "collector"];
const wanted = process.argv.length > 2 ? process.argv.slice(2) : all;
let failed = 0;
for (const name of wanted) {
  const directory = mkdtempSync(join(tmpdir(), "ingest-proof-"));
  try {
    const { prove } = await import(`./${name}.mjs`);
    console.log(`ok   ${name}: ${await prove(directory)}`);
  } catch (error) {
    failed++;
    console.log(`FAIL ${name}: ${error.stack}`);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
console.log(`${wanted.length - failed} proved, ${failed} not`);
process.exit(failed > 0 ? 1 : 0);
