// Bundles the page into one file: page.html with the style and the script in it. Usage: node build.mjs [FILE]
import { readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = dirname(fileURLToPath(import.meta.url));
const target = process.argv[2] ?? join(here, "../Ingest.Worker/Console/console.html");
const shared = { bundle: true, minify: true, write: false, legalComments: "none", charset: "utf8", logLevel: "warning" };

const script = await build({
  ...shared, entryPoints: [join(here, "src/main.tsx")], format: "iife", target: "es2022", jsx: "automatic", jsxImportSource: "preact",
});
const style = await build({ ...shared, entryPoints: [join(here, "src/style.css")] });
const text = bundle => bundle.outputFiles[0].text.trim();
// An element's text ends at its closing tag, also within a string of the script.
const safe = code => code.replaceAll("</script", "<\\/script");
const licenses = await Promise.all(["preact", "uplot"].map(name => readFile(join(here, "node_modules", name, "LICENSE"), "utf8")));
const page = (await readFile(join(here, "page.html"), "utf8"))
  .replace("/*licenses*/", () => licenses.map(license => license.trim()).join("\n\n"))
  .replace("/*style*/", () => text(style))
  .replace("/*script*/", () => safe(text(script)));
await writeFile(target, page);
console.log(`${target}: ${page.length} characters`);
