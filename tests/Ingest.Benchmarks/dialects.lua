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
-- Where identities would make repeats of all requests but the first: eight @ become a number of the request's own.
local sent = os.time() % 100000 * 1000
if wrk.body:find("@@@@@@@@", 1, true) then
  local template = wrk.body
  function request()
    sent = sent + 1
    return wrk.format(nil, nil, nil, (template:gsub("@@@@@@@@", string.format("%08d", sent))))
  end
end
