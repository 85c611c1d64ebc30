// Scripts that mean harm: every one must end in an error soon, and leave nothing for the next call.
#include <catch2/catch.hpp>
#include <ctime>

#include "tests/unit/lua/attack_list.h"
#include "tests/unit/lua/module_fixture.h"

namespace plumb {
namespace {

const std::string at = "modules/tenant/module.lua";

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

ValueMap inputs() {
  return {{"name", Value("app")},
          {"list", Value::list({Value("a"), Value("b")})},
          {"map", Value(ValueMap{{"a", Value(1)}, {"b", Value(2)}})}};
}

// A script that does harm while it is built; the names of attack_list.h stand for its inputs.
ScriptTrial building(const std::string& body, InterpreterLimits limits = script_limits) {
  return ScriptTrial("return { build = function(input) local var = input\n" + body + "\nend }", limits);
}

}  // namespace

TEST_CASE("rows 12 and 13: a script that does not end is ended, whatever catches") {
  for (const char* body : attacks::endless) {
    INFO(body);
    const double before = processor_seconds();
    ScriptTrial trial = building("(function() " + std::string(body) + " end)() return {}", {16U << 20, 500'000});
    CHECK_THAT(trial.say(inputs()), Catch::StartsWith(at + ":"));
    CHECK_FALSE(trial.error.message.empty());
    CHECK(processor_seconds() - before < 4);
    // While it is loaded, too.
    ScriptTrial loading("local var = {map = {}} " + std::string(body), {16U << 20, 500'000});
    CHECK_THAT(loading.error.str(), Catch::StartsWith(at + ":"));
  }
}

TEST_CASE("row 12: the default budget of a script ends a loop within a second or so") {
  const double before = processor_seconds();
  CHECK(building("while true do pcall(function() while true do end end) end").say(inputs()) ==
        at + ":2: the script does not end within " + std::to_string(script_limits.instructions) + " steps");
  CHECK(processor_seconds() - before < 3);
}

TEST_CASE("row 14: a script whose texts would not fit is refused") {
  for (const char* text : attacks::too_big) {
    INFO(text);
    ScriptTrial trial = building("return {r = " + std::string(text) + "}", {8U << 20, 1'000'000});
    CHECK_THAT(trial.say(inputs()), Catch::StartsWith(at + ":"));
  }
  // References grow as texts do.
  for (const char* body :
       {"local s = input.p while true do s = s .. s end", "local s = input.p while true do s = s.x[1]['a b'] end",
        "local t = {} for i = 1, 1e9 do t[i] = input.p.x end"}) {
    INFO(body);
    ScriptTrial trial = building(body, {8U << 20, 1'000'000});
    CHECK_THAT(trial.say({}, {"p"}), Catch::Contains("MiB of memory") || Catch::Contains("does not end"));
  }
}

TEST_CASE("row 15: patterns that backtrack without end are ended in a script") {
  for (const char* text : attacks::patterns) {
    INFO(text);
    const double before = processor_seconds();
    ScriptTrial trial = building("return {r = " + std::string(text) + "}", {16U << 20, 2'000'000});
    CHECK_THAT(trial.say(inputs()), Catch::StartsWith(at + ":"));
    CHECK(processor_seconds() - before < 3);
  }
}

TEST_CASE("row 16: compiled code is refused as a module") {
  for (const std::string& text :
       {std::string("\x1bLua"), std::string("\x1bLua\x54\x00\x19\x93\r\n\x1a\n", 12),
        std::string("\x1b") + "return { build = pairs }", "\xEF\xBB\xBF\x1bLua" + std::string(50, '\0')}) {
    CHECK(ScriptTrial(text).error.str() == at + ": the script is compiled code; only text is run");
  }
  CHECK_THAT(ScriptTrial("#!/usr/bin/lua\n\x1bLua").error.str(), Catch::StartsWith(at + ":1: unexpected symbol"));
}

TEST_CASE("rows 16 and 19: a script finds nothing that loads code, opens files or tells the time") {
  for (const char* name : attacks::absent) {
    INFO(name);
    CHECK(returns("can(" + std::string(name) + "()) or try(" + name + ", nil) ~= nil") == R"({"r":false})");
  }
}

TEST_CASE("row 17: nothing that lives on can be changed by a script") {
  for (const char* body : attacks::locked) {
    INFO(body);
    CHECK_THAT(building(body).say(inputs()), Catch::StartsWith(at + ":"));
  }
  CHECK(returns("{getmetatable(''), getmetatable(string), getmetatable(_ENV), getmetatable(input.map)}", inputs()) ==
        R"({"r":[false,false,false,false]})");
}

TEST_CASE("row 17: another call and another module see a clean state") {
  const std::string probe =
      "return {built = {('x'):rep(2), upper('a'), #string, math.pi > 3, try(leak, 'none'), input.map.leak == nil, "
      "type(_ENV)}}";
  const std::string harm =
      "if input.name == 'harm' then\n"
      "leak = 1 _ENV.leak2 = 2\n"
      "pcall(function() string.rep = nil end) pcall(function() getmetatable('').__index = nil end)\n"
      "pcall(rawset, string, 'rep', nil) pcall(setmetatable, _ENV, {}) pcall(function() upper = nil end)\n"
      "pcall(function() input.map.leak = 1 end) input.name = 'changed' input.extra = 1\n"
      "_ENV = {} return {}\n"
      "end\n";
  const std::string clean = building(probe).say(inputs());
  CHECK(clean == R"({"built":["xx","A",0,true,"none",true,"table"]})");
  ScriptTrial trial = building(harm + probe);
  ValueMap bad = inputs();
  bad.set("name", Value("harm"));
  CHECK(trial.say(bad) == "{}");
  CHECK(trial.say(inputs()) == clean);
  CHECK(building(probe).say(inputs()) == clean);
}

TEST_CASE("row 18: deep calls, deep and cyclic tables are errors of a script") {
  CHECK_THAT(building("local function f() return 1 + f() end return f()").say(), Catch::Contains("stack overflow"));
  CHECK_THAT(building("local function f() return (pcall(f)) and f() or error('deep') end f()").say(),
             Catch::StartsWith(at + ":2: deep"));
  for (const char* step : {"{t}", "list{t}", "{list{t}}", "map({1}, function() return t end)", "merge({}, {t = t})"}) {
    INFO(step);
    const std::string body = "local t = {} for i = 1, 1000000 do t = " + std::string(step) + " end return {here = t}";
    CHECK_THAT(building(body).say(), Catch::Contains("100 levels deep") || Catch::Contains("does not end"));
  }
  CHECK(building("local t = {} t.b = {c = {t}} return {resources = {x = t}}").say() ==
        at + ":1: at resources.x.b.c[1]: the table contains itself");
  // References too: their chain is text, and does not nest.
  CHECK_THAT(building("local t = input.p for i = 1, 1000 do t = t.x end return {r = t}").say({}, {"p"}),
             Catch::StartsWith(R"({"r":"${var.p.x.x.x)"));
  CHECK_FALSE(ScriptTrial("return " + std::string(100000, '{')).error.message.empty());
  CHECK_FALSE(ScriptTrial("return " + std::string(100000, '(')).error.message.empty());
  std::string forms = "return ";
  for (int i = 0; i < 20000; ++i) forms += "try(";
  CHECK_FALSE(ScriptTrial(forms).error.message.empty());
}

TEST_CASE("row 19: a script gives the same document in 100 runs") {
  const std::string body =
      "local t = {} for i = 1, 50 do t['k' .. (i * 7919 % 101)] = i end local s = '' "
      "for k, v in pairs(t) do s = s .. k .. '=' .. v .. ' ' end "
      "return {s = s, t = t, text = tostring(t) .. tostring(pairs), keys = keys(t)}";
  const std::string first = building(body).say();
  CHECK_THAT(first, Catch::StartsWith("{\"keys\":["));
  for (int i = 0; i < 100; ++i) REQUIRE(building(body).say() == first);
}

}  // namespace plumb
