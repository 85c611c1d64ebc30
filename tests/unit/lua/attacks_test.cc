// Code that means harm: every one must end in an error soon, and leave the interpreter as it was.
#include <catch2/catch.hpp>
#include <ctime>

#include "tests/unit/lua/scripted_host.h"

namespace plumb {
namespace {

// Processor seconds, so that a busy machine fails nothing.
double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

}  // namespace

TEST_CASE("what does not end is ended, whatever catches") {
  World world({32U << 20, 2'000'000});
  for (const char* body : {
           "while true do end",
           "while true do pcall(function() while true do end end) end",
           "while true do pcall(error) end",
           "while true do xpcall(function() while true do end end, function() while true do end end) end",
           "repeat local ok = pcall(string.rep, 'x', -1) until false",
           "local t = setmetatable({}, {__index = function(t, k) while true do end end}) return t.x",
           "local t = setmetatable({}, {__eq = function() while true do end end}) return t == setmetatable({}, "
           "getmetatable(t))",
           "table.sort({3, 2, 1}, function() while true do end end)",
           "sort({3, 2, 1}, function() while true do end end)",
           "local t = {} for i = 1, 100000 do t[i] = i end while true do table.sort(t) end",
           "local t = {} for i = 1, 10000 do t[i] = i end while true do table.insert(t, 1, 1) table.remove(t, 1) end",
           "for i = 1, math.huge do end",
           "('x'):gsub('x', function() while true do end end)",
           "map({1}, function() while true do end end)",
           "local t = setmetatable({}, {__len = function() return 1 << 60 end}) table.insert(t, 1, 1)",
           "local t = setmetatable({}, {__len = function() return 1 << 60 end}) table.sort(t)",
           "local t = setmetatable({}, {__len = function() return 1 << 60 end}) table.concat(t)",
           "table.move({}, 1, 1 << 60, 2)",
           "for k in next, setmetatable({}, {}) do end while true do tostring({}) end",
           "::top:: goto top",
           "local s = ('x'):rep(1000000) while true do s:upper() end",
           "local s = ('x'):rep(1000000) while true do local t = s .. 'y' end",
           "local s = ('x'):rep(1000000) while true do s:find('y', 1, true) end",
           "local s = ('x'):rep(100000) while true do utf8.len(s) end",
           "while true do json_encode(var.map) end",
           "local t = range(1, 10000) while true do unique(t) end",
           "local function grow(...) return grow(1, 1, 1, 1, 1, ...) end return grow()",
           "range(1, math.maxinteger)",
           "local t = range(1, 1000) while true do t = concat(t, t) end",
           "local function f() return pcall(f) end while true do f() end",
       }) {
    INFO(body);
    const double before = processor_seconds();
    const Evaluation made = world.run("(function() " + std::string(body) + " end)()");
    CHECK(made.status == Evaluation::Status::error);
    CHECK_FALSE(made.error.message.empty());
    CHECK(processor_seconds() - before < 4);
  }
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("the default budget ends a loop within a second or so") {
  World world;
  const double before = processor_seconds();
  CHECK_THAT(world.say("(function() while true do pcall(function() while true do end end) end end)()"),
             Catch::Contains("does not end within 50000000 steps"));
  CHECK(processor_seconds() - before < 3);
}

TEST_CASE("texts that would not fit are refused") {
  World world({32U << 20, 5'000'000});
  for (const char* text : {
           "#('x'):rep(1e10)",
           "#('x'):rep(math.maxinteger)",
           "#('x'):rep(1 << 40, 'y')",
           "#('x'):rep(1 << 62, ('y'):rep(1000))",
           "(function() local s = 'x' while true do s = s .. s end end)()",
           "(function() local s = 'x' while true do s = s:rep(2) end end)()",
           "(function() local s = 'x' while true do pcall(function() s = s .. s end) end end)()",
           "(function() local t = {} for i = 1, 1e9 do t[i] = i end end)()",
           "(function() local t = {} local s = ('x'):rep(1e6) for i = 1, 1000 do t[i] = s end return #table.concat(t) "
           "end)()",
           "#('x'):rep(1e6):gsub('x', ('y'):rep(1000))",
           "#replace(('x'):rep(1e6), 'x', ('y'):rep(1000))",
           "#join(map(range(1, 1000), function() return 1 end), ('y'):rep(1e6))",
           "#('%s'):rep(1000):format(('x'):rep(1e6))",
       }) {
    INFO(text);
    CHECK(world.run(text).status == Evaluation::Status::error);
  }
  CHECK_THAT(world.say("('%9999d'):format(1)"), Catch::Contains("error"));
  CHECK_THAT(world.say("('%p'):format({})"), Catch::Contains("addresses are not shown"));
  CHECK(world.say("#('x'):rep(1000000)") == "1000000");
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("patterns that backtrack without end are ended") {
  World world({64U << 20, 10'000'000});
  for (const char* text : {
           "('a'):rep(100000):find('a*a*a*a*a*a*c')",
           "('a'):rep(100000):match('.-.-.-.-.-b')",
           "('a'):rep(100000):gsub('a*a*a*c', '')",
           "(function() for x in ('a'):rep(100000):gmatch('a*a*a*c') do end end)()",
           "('('):rep(100000):find(('%b()'):rep(50))",
           "('a'):rep(100000):find(('a?'):rep(100) .. ('a'):rep(100) .. 'b')",
           "(function() while true do pcall(string.find, ('a'):rep(10000), 'a*a*a*c') end end)()",
           "('a'):rep(10000):find(('(a*)'):rep(32) .. 'b')",
           "('a'):find(('a-'):rep(1000) .. 'b')",
       }) {
    INFO(text);
    const double before = processor_seconds();
    CHECK(world.run(text).status == Evaluation::Status::error);
    CHECK(processor_seconds() - before < 3);
  }
}

TEST_CASE("nothing loads code, opens files or tells the time") {
  World world;
  for (const char* name :
       {"load", "loadfile", "loadstring", "dofile", "collectgarbage", "print", "require", "os", "io", "debug",
        "package", "coroutine", "_G", "string.dump", "math.random", "math.randomseed", "string.pack"}) {
    INFO(name);
    CHECK(world.say("can(" + std::string(name) + "()) or try(" + name + ", nil) ~= nil") == "false");
  }
  const std::string bytecode = "\x1bLua";
  CHECK_FALSE(world.interpreter.compile(bytecode, {}).has_value());
  CHECK_FALSE(world.interpreter.compile("1 end) (function()", {}).has_value());
}

TEST_CASE("nothing that lives on can be changed") {
  World world;
  for (const char* body : {
           "x = 1",
           "var = 1",
           "upper = nil",
           "_ENV.upper = nil",
           "string.rep = nil",
           "string.new = 1",
           "rawset(string, 'rep', nil)",
           "rawset(_ENV, 'upper', nil)",
           "table.insert(string, 1)",
           "setmetatable(string, {})",
           "setmetatable(_ENV, {})",
           "getmetatable('').__index = nil",
           "getmetatable(string).__index = nil",
           "getmetatable(_ENV).__index = nil",
           "getmetatable(var).__index = nil",
           "getmetatable(var.map).__index = nil",
           "var.map.x = 1",
           "var.name = 1",
           "var.list[1] = 2",
           "setmetatable({}, {__gc = function() end})",
           "setmetatable({}, {__mode = 'k'})",
           "setmetatable({}, {__close = function() end})",
           "local t <close> = setmetatable({}, {}) ",
           "local m = {} local t = setmetatable({}, m) m.__close = pairs "
           "local u <close> = t",
           "setmetatable('', {})",
           "setmetatable(var.map, {})",
           "table.sort(string)",
           "table.move({1}, 1, 1, 1, string)",
       }) {
    INFO(body);
    CHECK(world.run("(function() " + std::string(body) + " end)()").status == Evaluation::Status::error);
  }
  CHECK(world.say("getmetatable('')") == "false");
  CHECK(world.say("getmetatable(var.map)") == "false");
  CHECK(world.say("('x'):rep(2) .. upper('a')") == "\"xxA\"");
  // A chunk's own `_ENV` is set anew for each evaluation.
  const char* own = "(function() local before = can(name) _ENV = {name = 1} return before end)()";
  CHECK(world.run(own).status == world.run(own).status);
  CHECK(world.say("(function() local old = upper _ENV = {upper = old, n = 1} return upper('x') end)()") ==
        world.say("(function() local old = upper _ENV = {upper = old, n = 1} return upper('x') end)()"));
}

TEST_CASE("deep code and deep calls are errors") {
  World world;
  CHECK_THAT(world.say("(function() local function f() return 1 + f() end return f() end)()"),
             Catch::Contains("stack overflow"));
  CHECK_THAT(world.say("(function() local function f() return (pcall(f)) and f() or error('deep') end f() end)()"),
             Catch::Contains("error"));
  CHECK(world
            .run("(function() local t = setmetatable({}, {}) local m = {} m.__index = m "
                 "for i = 1, 100000 do t = setmetatable({}, {__index = t}) end return t.x end)()")
            .status == Evaluation::Status::error);
  const std::string nested = std::string(100000, '(') + "1" + std::string(100000, ')');
  CHECK_FALSE(world.interpreter.compile(nested, {}).has_value());
  std::string forms;
  for (int i = 0; i < 20000; ++i) forms += "try(";
  CHECK_FALSE(world.interpreter.compile(forms, {}).has_value());
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("the same code gives the same result, in every interpreter") {
  const char* text =
      "(function() local t = {} for i = 1, 50 do t['k' .. (i * 7919 % 101)] = i end local s = '' "
      "for k, v in pairs(t) do s = s .. k .. '=' .. v .. ' ' end return s .. tostring(t) .. tostring(pairs) end)()";
  const std::string first = World().say(text);
  for (int i = 0; i < 100; ++i) REQUIRE(World().say(text) == first);
}

TEST_CASE("steps and questions to the host are few") {
  World world;
  const char* text = "core.value.a['acme'].output .. 'y'";
  world.run(text);
  world.host.asked = 0;
  world.run(text);
  CHECK(world.host.asked == 5);
  // Evaluating for long leaves nothing behind: the whole must fit where one evaluation fits.
  World small({1U << 20, 100'000});
  for (int i = 0; i < 100'000; ++i) REQUIRE(small.run(text).status == Evaluation::Status::done);
}

}  // namespace plumb
