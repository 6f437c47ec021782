-- Load for the worker pool: validations, login pages and logins over REST, all of which must be
-- answered as they are in peace.

local count = 0
local bad = 0
local requests = {
  {"GET", "/cas/serviceValidate?service=https%3A%2F%2Fapp.example.org%2F&ticket=ST-unknown", nil, 200},
  {"GET", "/cas/login", nil, 200},
  {"GET", "/cas/p3/serviceValidate?service=https%3A%2F%2Fapp.example.org%2F&ticket=ST-unknown", nil, 200},
  {"POST", "/cas/logout", "", 200},
}
local login = {"POST", "/cas/v1/tickets", "username=casuser&password=Mellon", 201}
local threads = {}

function setup(thread) table.insert(threads, thread) end

function init() answered = 0; failed = 0 end

function request()
  count = count + 1
  local chosen = count % 40 == 0 and login or requests[count % #requests + 1]
  return wrk.format(chosen[1], chosen[2],
    {["Content-Type"] = "application/x-www-form-urlencoded"}, chosen[3])
end

function response(status)
  answered = answered + 1
  if status ~= 200 and status ~= 201 then failed = failed + 1 end
end

function done(summary)
  local answered, failed = 0, 0
  for _, thread in ipairs(threads) do
    answered = answered + thread:get("answered")
    failed = failed + thread:get("failed")
  end
  local errors = summary.errors
  print(string.format("answered=%d failed=%d broken=%d", answered, failed,
    errors.connect + errors.read + errors.write + errors.timeout))
end
