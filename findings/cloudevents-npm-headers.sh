#!/usr/bin/env bash
# The CloudEvents SDK for JavaScript neither encodes nor decodes attribute values in HTTP headers.
#
# Expected: the HTTP protocol binding 1.0.2, section 3.1.3.2, says that a producer MUST percent-encode space, the double quote, the percent sign
#           and everything outside of U+0021 to U+007E in a header's value, and that a consumer MUST decode one round. So a subject
#           `50% off €` is sent as `50%25%20off%20%E2%82%AC`, and that header is read as `50% off €`.
# Seen:     cloudevents 10.0.0 (npm): HTTP.binary puts the value into `ce-subject` as it is, where Node's HTTP client then refuses the euro
#           sign and sends `50% off` with a bare percent sign; HTTP.toEvent leaves `Euro%20%E2%82%AC` undecoded. Two of these SDKs
#           understand each other; with one that follows the binding (the SDK for .NET does) an `a%41` arrives as `aA`, and
#           `50% off` is no valid encoding. Structured mode is not affected.
# Needs:    Node.js 20 or newer with npm. Fails (exit 1) when a value is encoded or decoded.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
npm init -y >/dev/null
npm install --no-audit --no-fund --silent cloudevents@10.0.0
cat >headers.mjs <<'JS'
import { CloudEvent, HTTP } from "cloudevents";

const sent = HTTP.binary(new CloudEvent({ id: "a%41", source: "/shop", type: "sale", subject: "50% off €", data: { n: 1 } })).headers;
const read = HTTP.toEvent({
  headers: {
    "ce-specversion": "1.0", "ce-id": "1", "ce-source": "/shop", "ce-type": "sale",
    "ce-subject": "Euro%20%E2%82%AC", "content-type": "application/json",
  },
  body: "{}",
}).subject;
console.log(`ce-subject of "50% off €" is ${JSON.stringify(sent["ce-subject"])}`);
console.log(`ce-id of "a%41" is ${JSON.stringify(sent["ce-id"])}`);
console.log(`the subject of "Euro%20%E2%82%AC" is ${JSON.stringify(read)}`);
const same = sent["ce-subject"] === "50% off €" && sent["ce-id"] === "a%41" && read === "Euro%20%E2%82%AC";
console.log(same ? "as stated: no value was encoded or decoded" : "CHANGED: a value was encoded or decoded");
process.exit(same ? 0 : 1);
JS
echo "cloudevents $(node -p 'require("./node_modules/cloudevents/package.json").version'), node $(node --version)"
node headers.mjs
