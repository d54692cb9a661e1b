-- Builds what scripts see. Runs once when an interpreter is made; `raw` holds the primitives of the Rust side.
--
-- Tables that scripts share must be readonly. The interpreter has no such thing, so a script gets an empty table in front of each
-- (a "front"), whose metatable reads from the true one and refuses writes; the functions that go past metatables know fronts.
-- Those wrappers end in tail calls, so that the function behind them takes their place and its errors name the script's line.

local raw = ...

local type, next, error = type, next, error
local rawget, rawset, setmetatable, getmetatable = rawget, rawset, setmetatable, getmetatable
local pairs, pcall, xpcall, collectgarbage = pairs, pcall, xpcall, collectgarbage
local gmatch, gsub, format, select, tostring = string.gmatch, string.gsub, string.format, select, tostring
local find, sub, dump, floor = string.find, string.sub, string.dump, math.floor
local insert, remove, sort, foreach, foreachi = table.insert, table.remove, table.sort, table.foreach, table.foreachi
local create, resume, running, status, yield =
  coroutine.create, coroutine.resume, coroutine.running, coroutine.status, coroutine.yield
local suspended, can_yield, is_main = raw.suspended, raw.can_yield, raw.is_main
local call, loadstring, concat = raw.call, raw.loadstring, table.concat

local READONLY = "Attempt to modify a readonly table"

local true_of = {} -- front -> the true table
local meta_of = {} -- front -> front of the metatable that scripts may see

local function refuse()
  error(READONLY, 2)
end

local function front(true_table)
  local made = {}
  setmetatable(made, { __index = true_table, __newindex = refuse })
  true_of[made] = true_table
  return made
end

-- The true table of globals, and what is said where a name is not in it.
local function globals(fields)
  local meta = {
    __index = function(_, name)
      if type(name) ~= "string" and type(name) ~= "number" then
        error("Second argument to luaProtectedTableError must be a string or number", 2)
      end
      error("Script attempted to access nonexistent global variable '" .. name .. "'", 2)
    end,
  }
  setmetatable(fields, meta)
  local made = front(fields)
  meta_of[made] = front({ __index = meta.__index })
  return made
end

local function pick(from, names)
  local picked = {}
  for name in names:gmatch("%S+") do
    picked[name] = from[name]
  end
  return picked
end

-- How deep the native stack is in use below each coroutine: coroutines within coroutines, and functions that sorts and substitutions
-- call. The interpreter itself does not count, and neither do the substitutions and sorts below, so all are counted here.
local depth_of = setmetatable({}, { __mode = "k" })
local DEPTH_MAX = 60

local function deeper(co)
  local depth = (depth_of[co] or 0) + 1
  if depth > DEPTH_MAX then
    error("C stack overflow", 0)
  end
  return depth
end

local function come_back(co, depth, ...)
  depth_of[co] = depth
  return ...
end

------------------------------------------------------------------------------------------------------- base functions

local base = pick(_G, "assert error gcinfo ipairs rawequal select tonumber type unpack")
base._VERSION = "Lua 5.1"

function base.pairs(...)
  local t = ...
  local true_table = true_of[t]
  if true_table then
    return function(_, key)
      return next(true_table, key)
    end, t, nil
  end
  return pairs(...)
end

function base.next(...)
  local t, key = ...
  local true_table = true_of[t]
  if true_table then
    return next(true_table, key)
  end
  return next(...)
end

function base.rawget(...)
  local t, key = ...
  local true_table = true_of[t]
  if true_table then
    return rawget(true_table, key)
  end
  return rawget(...)
end

function base.rawset(t, ...)
  if true_of[t] then
    error(READONLY, 0)
  end
  return rawset(t, ...)
end

function base.setmetatable(t, ...)
  if true_of[t] then
    error(READONLY, 0)
  end
  return setmetatable(t, ...)
end

local string_meta -- front of the metatable of strings

function base.getmetatable(...)
  local value = ...
  if type(value) == "table" then
    if true_of[value] then
      return meta_of[value]
    end
  elseif type(value) == "string" then
    return string_meta
  end
  return getmetatable(...)
end

-- Errors of commands are tables; to a script that catches them they are their text.
local function caught(co, depth, ok, ...)
  if ok then
    return true, ...
  end
  depth_of[co] = depth
  local value = ...
  if type(value) == "table" then
    local text = value.err
    if type(text) == "string" or type(text) == "number" then
      return false, text
    end
  end
  return false, value
end

function base.pcall(...)
  local co = running()
  return caught(co, depth_of[co], pcall(...))
end

function base.xpcall(body, handler)
  local co = running()
  return come_back(co, depth_of[co], xpcall(body, handler))
end

base.loadstring = loadstring

function base.load(read, name)
  if type(read) ~= "function" then
    error("bad argument #1 to 'load' (function expected, got " .. (read == nil and "no value" or type(read)) .. ")", 2)
  end
  local pieces = {}
  local ok, failure = pcall(function()
    while true do
      local piece = read()
      if piece == nil or piece == "" then
        return
      end
      if type(piece) ~= "string" and type(piece) ~= "number" then
        error("reader function must return a string", 4)
      end
      pieces[#pieces + 1] = piece
    end
  end)
  if not ok then
    return nil, type(failure) == "table" and failure or { err = "ERR " .. tostring(failure) }
  end
  return loadstring(concat(pieces), name or "=(load)")
end

-- A script may look and collect, but not turn collection off for others.
function base.collectgarbage(what, ...)
  if what == "stop" or what == "restart" or what == "setpause" or what == "setstepmul" then
    return 0
  end
  return collectgarbage(what, ...)
end

---------------------------------------------------------------------------------------------------------- coroutines

-- Where the host suspends a script, the coroutine in which that happens yields, and so does every coroutine around it; when the
-- script goes on, the reply travels back in.
local function pass(co, ok, ...)
  if ok and suspended() then
    if not can_yield() then
      -- Comes back if it was only to be a pause.
      raw.stuck()
      return pass(co, resume(co))
    end
    return pass(co, resume(co, yield()))
  end
  return ok, ...
end

local function enter(co, ...)
  depth_of[co] = deeper(running())
  return pass(co, resume(co, ...))
end

local function rethrow(ok, ...)
  if ok then
    return ...
  end
  error((...), 2)
end

local threads = {}

function threads.create(body)
  if type(body) ~= "function" then
    error("bad argument #1 to 'create' (Lua function expected)", 2)
  end
  return create(body)
end

threads.status = status

function threads.resume(co, ...)
  if type(co) ~= "thread" then
    return resume(co, ...)
  end
  return enter(co, ...)
end

function threads.wrap(body)
  if type(body) ~= "function" then
    error("bad argument #1 to 'wrap' (Lua function expected)", 2)
  end
  local co = create(body)
  return function(...)
    return rethrow(enter(co, ...))
  end
end

function threads.running()
  if is_main() then
    return nil
  end
  return (running())
end

function threads.yield(...)
  if is_main() then
    error("attempt to yield across metamethod/C-call boundary", 0)
  end
  return yield(...)
end

----------------------------------------------------------------------------------------------------------- libraries

local strings = pick(string, "byte char find gmatch len lower match rep reverse sub upper")
strings.gfind = strings.gmatch
-- What it gives cannot be loaded again: `loadstring` refuses it.
function strings.dump(body)
  if type(body) ~= "function" then
    error("bad argument #1 to 'dump' (function expected, got " .. (body == nil and "no value" or type(body)) .. ")", 2)
  end
  local ok, text = pcall(dump, body, true)
  if not ok then
    error("unable to dump given function", 2)
  end
  return text
end

-- The native functions that call back cannot be left meanwhile. So what asks a script's functions is written in Lua here.
local function replaced(by, kind, whole, ok, first, last, ...)
  if not ok then
    error(first, 3)
  end
  if not first then
    return
  end
  local found = sub(whole, first, last)
  local key = ...
  if key == nil then
    key = found
  end
  local value
  if kind == "table" then
    value = by[key]
  elseif ... then
    value = by(...)
  else
    value = by(found)
  end
  local made = type(value)
  if not value then
    value = found
  elseif made ~= "string" and made ~= "number" then
    error("invalid replacement value (a " .. made .. ")", 3)
  end
  return first, last, value
end

-- Where nothing in a pattern is special, `find` looks for it as it is, a bracket that closes nothing included.
local function is_wrong_for_find(pattern)
  return find(pattern, ")", 1, true) and not find(pattern, "[%^%$%*%+%?%.%(%[%%%-]")
end

function strings.gsub(text, pattern, by, most, ...)
  local kind = type(by)
  if
    (kind ~= "function" and (kind ~= "table" or not getmetatable(by)))
    or type(text) ~= "string"
    or type(pattern) ~= "string"
    or (most ~= nil and type(most) ~= "number")
    or is_wrong_for_find(pattern)
  then
    return gsub(text, pattern, by, most, ...)
  end
  local co = running()
  local depth = depth_of[co]
  depth_of[co] = deeper(co)
  local pieces, count, at = {}, 0, 1
  local is_anchored = sub(pattern, 1, 1) == "^"
  while at <= #text + 1 and (most == nil or count < most) do
    local first, last, value = replaced(by, kind, text, pcall(find, text, pattern, at))
    if not first then
      break
    end
    count = count + 1
    pieces[#pieces + 1] = sub(text, at, first - 1)
    pieces[#pieces + 1] = value
    at = last + 1
    if last < first then
      -- Nothing was found there: the character behind it stays.
      pieces[#pieces + 1] = sub(text, first, first)
      at = first + 1
    end
    if is_anchored then
      break
    end
  end
  pieces[#pieces + 1] = sub(text, at)
  depth_of[co] = depth
  return concat(pieces), count
end

-- Lua 5.1 formats strings and numbers, nothing else.
function strings.format(...)
  for position = 2, select("#", ...) do
    local value = select(position, ...)
    local kind = type(value)
    if kind ~= "string" and kind ~= "number" then
      local count = 1
      for directive in gmatch((...), "%%[^%a%%]*([%a%%])") do
        if directive ~= "%" then
          count = count + 1
        end
        if count == position then
          if directive == "s" or directive == "q" then
            error("bad argument #" .. position .. " to 'format' (string expected, got " .. kind .. ")", 2)
          end
          break
        end
      end
    end
  end
  return format(...)
end

getmetatable("").__index = strings

local tables = pick(table, "concat getn maxn")

function tables.insert(t, ...)
  if true_of[t] then
    error(READONLY, 0)
  end
  return insert(t, ...)
end

function tables.remove(t, ...)
  if true_of[t] then
    return
  end
  return remove(t, ...)
end

-- Quicksort around the median of three, in the order of comparisons in which Lua does it, so that equal elements end where they do there.
-- Returns true if the function contradicts itself.
local function sort_by(t, low, high, before)
  while low < high do
    if before(t[high], t[low]) then
      t[low], t[high] = t[high], t[low]
    end
    if high - low == 1 then
      return
    end
    local middle = floor((low + high) / 2)
    if before(t[middle], t[low]) then
      t[middle], t[low] = t[low], t[middle]
    elseif before(t[high], t[middle]) then
      t[middle], t[high] = t[high], t[middle]
    end
    if high - low == 2 then
      return
    end
    local pivot = t[middle]
    t[middle], t[high - 1] = t[high - 1], pivot
    local left, right = low, high - 1
    while true do
      left = left + 1
      while before(t[left], pivot) do
        if left > high then
          return true
        end
        left = left + 1
      end
      right = right - 1
      while before(pivot, t[right]) do
        if right < low then
          return true
        end
        right = right - 1
      end
      if right < left then
        break
      end
      t[left], t[right] = t[right], t[left]
    end
    t[high - 1], t[left] = t[left], t[high - 1]
    if left - low < high - left then
      if sort_by(t, low, left - 1, before) then
        return true
      end
      low = left + 1
    else
      if sort_by(t, left + 1, high, before) then
        return true
      end
      high = left - 1
    end
  end
end

function tables.sort(t, before)
  if true_of[t] then
    return
  end
  if type(t) ~= "table" or (before ~= nil and type(before) ~= "function") then
    return sort(t, before)
  end
  local co = running()
  local depth = depth_of[co]
  depth_of[co] = deeper(co)
  if before == nil or getmetatable(t) then
    return come_back(co, depth, sort(t, before))
  end
  local is_contradictory = sort_by(t, 1, #t, before)
  depth_of[co] = depth
  if is_contradictory then
    error("invalid order function for sorting", 2)
  end
end

function tables.foreach(t, ...)
  return foreach(true_of[t] or t, ...)
end

function tables.foreachi(t, ...)
  return foreachi(true_of[t] or t, ...)
end

function tables.setn()
  error("'setn' is obsolete", 2)
end

local maths = pick(math, "abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log10 max min modf pi \z
  pow rad sin sinh sqrt tan tanh")
local log = math.log
-- The interpreter's own takes a base, Lua 5.1's does not.
function maths.log(x)
  return log(x)
end
maths.mod = maths.fmod
maths.random = raw.random
maths.randomseed = raw.randomseed

local bits = pick(bit, "arshift band bnot bor bswap bxor lshift rol ror rshift tobit")

-- The least of all numbers has no positive counterpart, which the interpreter's own function would look for.
local tohex, tobit = bit.tohex, bit.tobit
function bits.tohex(...)
  local number, digits = ...
  if type(digits) == "number" and tobit(digits) == -2147483648 then
    return tohex(number, -8)
  end
  return tohex(...)
end

local json = raw.cjson_new(true)
local pack = pick(raw, "")
pack.pack, pack.unpack, pack.unpack_one, pack.unpack_limit =
  raw.cmsgpack_pack, raw.cmsgpack_unpack, raw.cmsgpack_unpack_one, raw.cmsgpack_unpack_limit
pack._NAME, pack._VERSION = "cmsgpack", "lua-cmsgpack 0.4.0"
pack._COPYRIGHT, pack._DESCRIPTION = "Copyright (C) 2012, Salvatore Sanfilippo", "MessagePack C implementation for Lua"

local null, rawequal = json.null, rawequal
function base.tostring(...)
  if rawequal((...), null) then
    return "userdata: (nil)"
  end
  return tostring(...)
end

local structs = { pack = raw.struct_pack, unpack = raw.struct_unpack, size = raw.struct_size }

local shown_strings = front(strings)
string_meta = front({ __index = shown_strings })

local function libraries()
  local made = {}
  for name, value in pairs(base) do
    made[name] = value
  end
  made.string = shown_strings
  made.coroutine = front(threads)
  made.table = front(tables)
  made.math = front(maths)
  made.bit = front(bits)
  made.cjson = front(json)
  made.cmsgpack = front(pack)
  made.struct = front(structs)
  made.os = front({ clock = raw.clock })
  return made
end

------------------------------------------------------------------------------------------------------------ redis.*

local function base_api(version, version_number)
  return {
    log = raw.log,
    LOG_DEBUG = 0,
    LOG_VERBOSE = 1,
    LOG_NOTICE = 2,
    LOG_WARNING = 3,
    REDIS_VERSION = version,
    REDIS_VERSION_NUM = version_number,
  }
end

local function api(version, version_number)
  local made = base_api(version, version_number)

  -- The primitive gives the reply, and true behind it where that is an error.
  function made.call(...)
    local reply, failed = call(...)
    if failed then
      error(reply, 0)
    end
    return reply
  end

  function made.pcall(...)
    return (call(...))
  end

  made.setresp = raw.setresp
  made.sha1hex = raw.sha1hex
  made.error_reply = raw.error_reply
  made.status_reply = raw.status_reply
  made.set_repl = raw.set_repl
  made.REPL_NONE, made.REPL_AOF, made.REPL_SLAVE, made.REPL_REPLICA, made.REPL_ALL = 0, 1, 2, 2, 3
  made.acl_check_cmd = raw.acl_check_cmd
  return made
end

local version, version_number = raw.version, raw.version_number

-- For EVAL.
local eval_api = api(version, version_number)
function eval_api.breakpoint()
  return false
end
function eval_api.debug() end
function eval_api.replicate_commands()
  return true
end

local eval = libraries()
eval.redis = front(eval_api)
eval.server = eval.redis
local eval_globals = globals(eval)
eval._G = eval_globals

-- For functions while they run.
local run = libraries()
run.redis = front(api(version, version_number))
run.server = run.redis
local run_globals = globals(run)
run._G = run_globals

-- For functions while their library is loaded: nothing but what is needed to register.
local load_api = base_api(version, version_number)
load_api.register_function = raw.register_function
setmetatable(load_api, getmetatable(eval))
local load = { redis = front(load_api) }
load.server = load.redis
setmetatable(load, getmetatable(eval))

-- What a library sees as its globals: one of the two above, as the Rust side says.
local library_meta = { __index = run, __newindex = refuse }
local library_globals = setmetatable({}, library_meta)
true_of[library_globals] = run

return eval, eval_globals, run, load, library_globals, library_meta
