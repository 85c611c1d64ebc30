// Code that means harm: every one must end in an error soon, and leave the interpreter as it was.
#include <catch2/catch.hpp>
#include <ctime>

#include "tests/unit/lua/attack_list.h"
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

TEST_CASE("rows 12 and 13: what does not end is ended, whatever catches") {
  World world({16U << 20, 500'000});
  for (const char* body : attacks::endless) {
    INFO(body);
    const double before = processor_seconds();
    const Evaluation made = world.run("(function() " + std::string(body) + " end)()");
    CHECK(made.status == Evaluation::Status::error);
    CHECK_FALSE(made.error.message.empty());
    CHECK(processor_seconds() - before < 4);
  }
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("row 12: the default budget ends a loop within a second or so") {
  World world;
  const double before = processor_seconds();
  CHECK_THAT(world.say("(function() while true do pcall(function() while true do end end) end end)()"),
             Catch::Contains("does not end within 50000000 steps"));
  CHECK(processor_seconds() - before < 3);
}

TEST_CASE("row 14: texts that would not fit are refused") {
  World world({8U << 20, 2'000'000});
  for (const char* text : attacks::too_big) {
    INFO(text);
    CHECK(world.run(text).status == Evaluation::Status::error);
  }
  // What stands between the values counts, too.
  CHECK_THAT(
      world.say("#json_encode((function() local t = {} for i = 1, 90 do t = list{t, t} end return t end)(), 16)"),
      Catch::Contains("needs more than 8 MiB of memory"));
  CHECK_THAT(world.say("('%9999d'):format(1)"), Catch::Contains("error"));
  CHECK_THAT(world.say("('%p'):format({})"), Catch::Contains("addresses are not shown"));
  CHECK(world.say("#('x'):rep(1000000)") == "1000000");
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("row 15: patterns that backtrack without end are ended") {
  World world({16U << 20, 2'000'000});
  for (const char* text : attacks::patterns) {
    INFO(text);
    const double before = processor_seconds();
    CHECK(world.run(text).status == Evaluation::Status::error);
    CHECK(processor_seconds() - before < 3);
  }
}

TEST_CASE("rows 16 and 19: nothing loads code, opens files or tells the time") {
  World world;
  for (const char* name : attacks::absent) {
    INFO(name);
    CHECK(world.say("can(" + std::string(name) + "()) or try(" + name + ", nil) ~= nil") == "false");
  }
  // Neither a chunk nor a part of one.
  const std::string bytecode = "\x1bLua";
  CHECK_FALSE(world.interpreter.compile(bytecode, {}).has_value());
  CHECK_FALSE(world.interpreter.compile("1 end) (function()", {}).has_value());
}

TEST_CASE("row 17: nothing that lives on can be changed") {
  World world;
  for (const char* body : attacks::locked) {
    INFO(body);
    CHECK(world.run("(function() " + std::string(body) + " end)()").status == Evaluation::Status::error);
  }
  CHECK(world.say("(function() x = 1 end)()") == "error: globals and libraries are read-only");
  CHECK(world.say("(function() var = 1 end)()") == "error: globals and libraries are read-only");
  CHECK(world.say("getmetatable('')") == "false");
  CHECK(world.say("getmetatable(var.map)") == "false");
  CHECK(world.say("('x'):rep(2) .. upper('a')") == "\"xxA\"");
  // A chunk's own `_ENV` is set anew for each evaluation.
  const char* own = "(function() local before = can(name) _ENV = {name = 1} return before end)()";
  CHECK(world.run(own).status == world.run(own).status);
  CHECK(world.say("(function() local old = upper _ENV = {upper = old, n = 1} return upper('x') end)()") ==
        world.say("(function() local old = upper _ENV = {upper = old, n = 1} return upper('x') end)()"));
}

TEST_CASE("row 18: deep code, deep calls and deep values are errors") {
  World world;
  CHECK_THAT(world.say("(function() local function f() return 1 + f() end return f() end)()"),
             Catch::Contains("stack overflow"));
  CHECK_THAT(world.say("(function() local function f() return (pcall(f)) and f() or error('deep') end f() end)()"),
             Catch::Contains("error"));
  CHECK(world
            .run("(function() local t = setmetatable({}, {}) local m = {} m.__index = m "
                 "for i = 1, 100000 do t = setmetatable({}, {__index = t}) end return t.x end)()")
            .status == Evaluation::Status::error);
  // A table of a million levels, in Lua's own tables and in values; one that contains itself.
  const char* deep = "(function() local t = {} for i = 1, 1000000 do t = {t} end return {here = t} end)()";
  CHECK_THAT(world.say(deep), Catch::StartsWith("error: at here[1][1]") && Catch::Contains("100 levels deep"));
  for (const char* step : {"list{t}", "{list{t}}", "map({1}, function() return t end)", "merge({}, {t = t})",
                           "values({k = t})", "{a = list{t}, b = list{t}}", "zipmap({'k'}, {t})", "concat({t}, {1})"}) {
    INFO(step);
    const std::string text =
        "(function() local t = {} for i = 1, 1000000 do t = " + std::string(step) + " end return {here = t} end)()";
    CHECK_THAT(world.say(text), Catch::Contains("levels deep") || Catch::Contains("does not end"));
  }
  CHECK(world.say("(function() local t = {} t.a = {b = {t}} return {here = t} end)()") ==
        "error: at here.a.b[1]: the table contains itself");
  CHECK(world.say("(function() local t = {} t.a = t return json_encode(t) end)()") ==
        "error: at a: the table contains itself");
  const std::string nested = std::string(100000, '(') + "1" + std::string(100000, ')');
  CHECK_FALSE(world.interpreter.compile(nested, {}).has_value());
  std::string forms;
  for (int i = 0; i < 20000; ++i) forms += "try(";
  CHECK_FALSE(world.interpreter.compile(forms, {}).has_value());
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("row 19: the same code gives the same result, in every interpreter") {
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
