-- One body again and again: BENCH_PATH, BENCH_TYPE, BENCH_BODY (a file), BENCH_HEADER ("Name: value" or empty).
local file = io.open(os.getenv("BENCH_BODY"), "rb")
wrk.method = "POST"
wrk.path = os.getenv("BENCH_PATH")
wrk.body = file:read("*a")
wrk.headers["Content-Type"] = os.getenv("BENCH_TYPE")
local name, value = (os.getenv("BENCH_HEADER") or ""):match("^([^:]+): (.*)$")
if name then wrk.headers[name] = value end
function done(summary, latency)
  local refused = summary.errors.status + summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d\n", summary.requests, summary.duration, refused))
end
-- Where identities would make repeats of all requests but the first: eight @ become a number of the request's own. One place is enough, for a
-- repeat has all ids of the first; the rest of the request is made once, so that the generator has little more to do than for one body.
local sent = os.time() % 100000 * 1000
local before, after
function request()
  if not before then
    local whole = wrk.format()
    local from, to = whole:find("@@@@@@@@", 1, true)
    before, after = whole:sub(1, from - 1), whole:sub(to + 1)
  end
  sent = sent + 1
  return before .. string.format("%08d", sent) .. after
end
if not wrk.body:find("@@@@@@@@", 1, true) then request = nil end
