-- What wrk does for load.py: wrk … URL -- METHOD PATHS PAUSE_MS BODY
--
-- PATHS: 0, or how many paths there are: the URL's with a random number from 0
-- behind it. PAUSE_MS: 0, or how long a client rests between an answer and its
-- next request, half as much again or half as little. BODY: what is sent, or
-- empty. At the end one line of JSON says how it went.

local pause_ms

function init(args)
	local paths = tonumber(args[2])

	wrk.method = args[1]
	if args[4] ~= "" then
		wrk.body = args[4]
	end
	pause_ms = tonumber(args[3])
	math.randomseed(tonumber(string.sub(tostring({}), 8)) or 1)
	if paths > 0 then
		request = function()
			return wrk.format(nil, wrk.path .. math.random(0, paths - 1))
		end
	end
	if pause_ms > 0 then
		delay = function()
			return math.random(pause_ms / 2, pause_ms * 3 / 2)
		end
	end
end

function done(summary, latency)
	local errors = summary.errors

	print(string.format(
		'{"requests":%d,"duration_us":%d,"bytes":%d,"errors":%d,' ..
		'"p50_us":%d,"p99_us":%d,"max_us":%d}',
		summary.requests, summary.duration, summary.bytes,
		errors.connect + errors.read + errors.write + errors.status +
		errors.timeout, latency:percentile(50), latency:percentile(99),
		latency.max))
end
