-- Events of one size: BENCH_EVENTS a request (1: JSON, more: NDJSON), BENCH_BYTES each, BENCH_KEYS keys in turn (0: none).
local events, bytes = tonumber(os.getenv("BENCH_EVENTS") or 1), tonumber(os.getenv("BENCH_BYTES") or 200)
local keys = tonumber(os.getenv("BENCH_KEYS") or 0)
local head, tail = '{"id":"evt-0123456789","type":"order.created","note":"', '"}'
local event = head .. string.rep("x", math.max(0, bytes - #head - #tail)) .. tail
wrk.method = "POST"
wrk.headers["Content-Type"] = events > 1 and "application/x-ndjson" or "application/json"
wrk.body = events > 1 and string.rep(event .. "\n", events) or event
if keys > 0 then
  local requests, sent = {}, 0
  function init(args)
    for key = 1, keys do
      wrk.headers["Ingest-Key"] = string.format("key-%06d", key)
      requests[key] = wrk.format()
    end
  end
  function request()
    sent = sent + 1
    return requests[sent % keys + 1]
  end
end
