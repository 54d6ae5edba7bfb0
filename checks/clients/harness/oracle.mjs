// Compares what clients sent and were told with what the node delivered. Every event holds a mark, evt-NNNNNN, once or several times.
//
// Faults: lost (answered with success, not delivered), altered (no request holds these bytes), invented (no request holds this mark), twice
// (delivered more often than requests may have stored it), refused (delivered, though every request with it was refused), misordered (a
// request that began after another was answered lies before it, or events of a request in another order than in its body), claimed (the
// client's own callback said stored, and it is not), stream (in another stream than it was sent to).
const pattern = /evt-\d{6}/g;

export const mark = (number) => `evt-${String(number).padStart(6, "0")}`;

const marksOf = (bytes) => [...new Set(bytes.toString("latin1").match(pattern) ?? [])];

export function judge({ requests, delivered, sent, claimed, stored, identified, stream }) {
  const faults = [];
  const found = (kind, text) => faults.push(`${kind}: ${text}`);
  const asked = requests.map((request) => ({ ...request, marks: marksOf(request.body) })).filter((request) => request.marks.length > 0);
  const holders = group(asked.flatMap((request) => request.marks.map((one) => [one, request])));
  const places = group(delivered.flatMap((event) => marksOf(event.payload).map((one) => [one, event])));

  for (const event of delivered) {
    const marks = marksOf(event.payload);
    const from = (marks.length > 0 ? holders.get(marks[0]) ?? [] : requests).filter((request) => stored === "content" || request.body.includes(event.payload));
    if (stored === "body" && !from.some((request) => request.body.equals(event.payload))) {
      found("altered", `event ${event.seq} is no request's whole body`);
    } else if (from.length === 0) {
      found(holders.has(marks[0]) ? "altered" : "invented", `event ${event.seq}: ${event.payload.toString().slice(0, 120)}`);
    }
    if (stream && event.stream !== stream) {
      found("stream", `event ${event.seq} is in ${event.stream}, not in ${stream}`);
    }
  }
  for (const [one, requestsWithIt] of holders) {
    const times = places.get(one)?.length ?? 0;
    const told = requestsWithIt.filter((request) => request.verdict === "stored").length;
    const maybe = requestsWithIt.filter((request) => request.verdict === "unknown").length;
    if (told > 0 && times === 0) {
      found("lost", `${one} was answered with success`);
    }
    if (times > (identified ? 1 : told + maybe)) {
      found(told + maybe === 0 ? "refused" : "twice", `${one} is there ${times} times; ${told} stored, ${maybe} without an answer`);
    }
  }
  for (const one of claimed.filter((number) => !places.has(mark(number)))) {
    found("claimed", `the client was told that ${mark(one)} is stored`);
  }
  judgeOrder(asked, places, found);
  return {
    faults,
    sent: sent.length,
    delivered: sent.filter((number) => places.has(mark(number))).length,
    requests: asked.length,
    refusals: asked.filter((request) => request.verdict === "refused").length,
    statuses: [...new Set(requests.map((request) => request.status))].sort(),
  };
}

function judgeOrder(asked, places, found) {
  // Only requests whose events are there once tell where they lie, and only if no earlier attempt without an answer may have put them there.
  const unanswered = new Set(asked.filter((request) => request.verdict === "unknown").flatMap((request) => request.marks));
  const single = (one) => places.get(one)?.length === 1 && !unanswered.has(one);
  const certain = asked.filter((request) => request.verdict === "stored" && request.marks.every(single));
  const numbers = (request) => request.marks.map((one) => places.get(one)[0].seq);
  for (const request of certain) {
    const own = numbers(request);
    if (own.some((seq, index) => index > 0 && seq < own[index - 1])) {
      found("misordered", `events of one request: ${own.join(" ")}`);
    }
    for (const earlier of certain) {
      if (earlier.answeredAt < request.sentAt && Math.max(...numbers(earlier)) > Math.min(...own)
        && !request.marks.some((one) => earlier.marks.includes(one))) {
        found("misordered", `${request.marks[0]} was sent after ${earlier.marks[0]} was answered, and lies before it`);
      }
    }
  }
}

function group(pairs) {
  const groups = new Map();
  for (const [name, value] of pairs) {
    groups.set(name, [...(groups.get(name) ?? []), value]);
  }
  return groups;
}
