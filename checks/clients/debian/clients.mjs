// Debian's shippers, unpacked by install.sh.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const at = (name) => fileURLToPath(new URL(name, import.meta.url));
const tools = at("../../../artifacts/tools/clients");
const packages = existsSync(`${tools}/versions`) ? readFileSync(`${tools}/versions`, "utf8") : "";
const version = (name) => new RegExp(`^${name} ([^-\\s]+)`, "m").exec(packages)?.[1];

export const clients = [{
  name: "rsyslog omelasticsearch", version: version("rsyslog"), dialect: "elastic", stream: "orders", stored: "slice",
  command: [at("rsyslog.sh")],
}, {
  name: "syslog-ng http()", version: version("syslog-ng-core"), dialect: "hec", stream: "default", stored: "slice", command: [at("syslog-ng.sh")],
}, {
  name: "elasticsearch (Python) streaming_bulk", version: version("python3-elasticsearch"), dialect: "elastic", stream: "orders", stored: "slice",
  command: ["env", `PYTHONPATH=${tools}/usr/lib/python3/dist-packages`, "/usr/bin/python3", at("bulk.py")],
}, {
  name: "curl --retry", version: "7.88.1", dialect: "hec", stream: "orders", stored: "slice", command: [at("curl.sh")],
}].filter((client) => client.version);
