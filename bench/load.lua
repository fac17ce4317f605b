-- For wrk: asks the questions of a file in turn, and writes what came of it to the file that
-- LOAD_FOUND names.

local bodies = {}
local place = 0

function init(args)
  for line in io.lines(args[1]) do
    bodies[#bodies + 1] = line
  end
  wrk.headers["Content-Type"] = "application/json"
end

function request()
  place = place % #bodies + 1
  return wrk.format("POST", nil, nil, bodies[place])
end

function done(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  local file = io.open(os.getenv("LOAD_FOUND"), "w")
  file:write(string.format(
    '{"per_second":%.2f,"p50":%.3f,"p90":%.3f,"p99":%.3f,"failed":%d}\n',
    summary.requests / summary.duration * 1e6, latency:percentile(50) / 1000,
    latency:percentile(90) / 1000, latency:percentile(99) / 1000, failed))
  file:close()
end
