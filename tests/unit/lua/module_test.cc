#include <catch2/catch.hpp>

#include "tests/unit/lua/module_fixture.h"

namespace plumb {
namespace {

const std::string at = "modules/tenant/module.lua";

std::string refused(std::string_view text) {
  ScriptTrial trial(text);
  CHECK_FALSE(trial.error.next_step.empty());
  return trial.error.str();
}

}  // namespace

TEST_CASE("a module's script says its variables and builds a document") {
  ScriptTrial trial(R"lua(local prefix = "tenant_"
local function role(name)
  return { name = prefix .. name, login = true }
end

return {
  variables = {
    plan = { type = "string", default = "small" },
    ["password"] = { type = "string", opaque = true },
    nested = {
      type = "integer",
    },
  },
  build = function(input)
    local resources = {}
    for name, tenant in pairs(input.tenants) do
      resources["postgres.role." .. name] = merge(role(name), { password = input.password, seats = tenant.seats })
    end
    return { resources = resources, outputs = { plan = { value = input.plan } } }
  end,
})lua");
  REQUIRE(trial.error.message.empty());
  CHECK(json_text(trial.module->variables()) ==
        R"({"nested":{"type":"integer"},"password":{"opaque":true,"type":"string"},)"
        R"("plan":{"default":"small","type":"string"}})");
  CHECK(trial.module->variable_pos("plan").str() == at + ":8");
  CHECK(trial.module->variable_pos("nested").str() == at + ":10");
  CHECK(trial.module->variable_pos("password").str() == at + ":7");
  CHECK(trial.module->build_pos().str() == at + ":14");
  const Value tenants = ValueMap{{"acme", ValueMap{{"seats", Value(3)}}}, {"beta", ValueMap{{"seats", Value()}}}};
  CHECK(trial.say({{"plan", Value("big")}, {"tenants", tenants}}, {"password"}) ==
        R"({"outputs":{"plan":{"value":"big"}},"resources":{)"
        R"("postgres.role.acme":{"login":true,"name":"tenant_acme","password":"${var.password}","seats":3},)"
        R"("postgres.role.beta":{"login":true,"name":"tenant_beta","password":"${var.password}"}}})");
  CHECK(ScriptTrial("return {build = function() return {} end}").say() == "{}");
  CHECK(ScriptTrial("\xEF\xBB\xBFreturn {build = function() return {} end}").say() == "{}");
}

TEST_CASE("what a script returns has one shape") {
  CHECK(refused("local x = 1\nreturn 5") ==
        at + ":2: a module's script returns a table with `build` in it, not a number");
  CHECK(refused("local x = 1") == at + ":1: a module's script returns a table with `build` in it, not a nil");
  CHECK(refused("return {1, 2}") == at + ":1: a module's script returns a table with `build` in it, not a list");
  CHECK(refused("return {varaibles = {}, build = pairs}") ==
        at + ":1: unknown key \"varaibles\" in what the script returns (did you mean \"variables\"?)");
  CHECK(refused("return {variables = {}}") == at + ":1: the script's table has no `build`");
  CHECK(refused("\nreturn {build = {}}") == at + ":2: `build` must be a function, not a table");
  const std::string build = "build = function() end,";
  CHECK(refused("return {" + build + "\nvariables = {'a', 'b'}}") ==
        at + ":2: `variables` names each variable, it is not a list");
  CHECK(refused("return {" + build + "\nvariables = 'a'}") == at + ":2: `variables` must be a table, not a string");
  CHECK(refused("return {" + build + "\nvariables = {\n env = 'string'}}") ==
        at + ":3: the variable \"env\" is described by a table, not by a string");
  CHECK(refused("return {" + build + "\nvariables = {env = {type = pairs}}}") ==
        at + ":2: at variables.env.type: a function is no value of the configuration");
  CHECK(refused("return {\nbuild = function() }") == at + ":2: unexpected symbol near '}'");
  CHECK(refused("error('no')") == at + ":1: no");
}

TEST_CASE("what build returns is a table of values") {
  const auto build = [](const std::string& body) { return ScriptTrial(with_body(body)).say(); };
  const std::string shape = "`build` must return a table with `resources`, `outputs` and so on, not a ";
  CHECK(build("") == at + ":1: " + shape + "nil");
  CHECK(build("return 5") == at + ":1: " + shape + "number");
  CHECK(build("return {1}") == at + ":1: " + shape + "list");
  CHECK(build("return map({1}, function() return 1 end)") == at + ":1: " + shape + "list");
  CHECK(build("return {a = {b = pairs}}") == at + ":1: at a.b: a function is no value of the configuration");
  CHECK(build("return {a = {1, x = 2}}") == at + ":1: at a: the table mixes a list with named keys");
  CHECK(build("return {a = {[2] = 1}}") == at + ":1: at a: the list has gaps; its keys must be 1, 2, 3, ...");
  CHECK(build("return {a = {[true] = 1}}") == at + ":1: at a: a key is a boolean; keys are text, or 1, 2, 3, ...");
  CHECK(build("return {a = 1 / 0}") == at + ":1: at a: the number is not finite");
  CHECK(build("local t = {} t.b = {c = t} return {a = t}") == at + ":1: at a.b.c: the table contains itself");
  CHECK(build("local t = {} for i = 1, 100 do t = {t} end return {a = t}") ==
        at + ":1: at a[1][1][1][1][1][1][1]...: the value is nested more than 100 levels deep");
  CHECK(build("return {a = _ENV}") == at + ":1: at a: a library is no value");
  CHECK(build("return {a = sensitive('x')}") == at + ":1: a script cannot mark a value as sensitive");
  CHECK(build("return {a = {}, b = {1, {}}, c = list{}, d = 1.0, e = 'x${var.n}'}") ==
        R"({"a":{},"b":[1,{}],"c":[],"d":1,"e":"x${var.n}"})");
}

TEST_CASE("an error says where in the script it is and how it was reached") {
  const auto build = [](const std::string& text, const ValueMap& inputs = {}) { return ScriptTrial(text).say(inputs); };
  CHECK(build(with_body("local x\nreturn x.y")) == at + ":3: attempt to index a nil value (local 'x')");
  CHECK(build(with_body("error('the plan is unknown')")) == at + ":2: the plan is unknown");
  CHECK(build(with_body("\n\nerror('no place', 0)")) == at + ":4: no place");
  CHECK(build(with_body("error({})")) == at + ":2: the script failed with a table in place of a message");
  CHECK(build(with_body("assert(false)")) == at + ":2: assertion failed!");
  CHECK(build("local function role(t)\n  return upper(t)\nend\nlocal function roles()\n  return {r = role({})}\nend\n"
              "return {build = function()\n  return roles(), 1\nend}") ==
        at + ":2: bad argument #1 to 'upper' (string expected, got table) (in `role`, called from `roles` at line 5, "
             "from `build` at line 8)");
  CHECK(build(with_body("map({1}, function(x)\n return x.y end)")) ==
        at + ":3: attempt to index a number value (local 'x') (in a function, called from `build` at line 2)");
}

TEST_CASE("a script sees its inputs and nothing else of the stack") {
  CHECK(returns("input.name", {{"name", Value("x")}}) == R"({"r":"x"})");
  CHECK(returns("input.unset == nil", {{"unset", Value()}}) == R"({"r":true})");
  CHECK(returns("input.nmae", {{"name", Value("x")}}) ==
        at + ":2: there is no input \"nmae\" (did you mean \"name\"?)");
  CHECK(returns("input[1]") == at + ":2: inputs have names, not a number");
  CHECK(ScriptTrial("return {variables = {n = {}}, build = function(i) return {r = i.n == nil} end}").say() ==
        R"({"r":true})");
  for (const char* name : {"var", "locals", "each", "data", "module", "stacks", "stack"}) {
    CHECK(returns(name) == at + ":2: `" + name + "` cannot be read here: a module gets what it needs as inputs");
  }
  CHECK(returns("postgres.role.app.name") ==
        at + ":2: \"postgres\" is not defined; a module gets what it needs as inputs");
  CHECK(returns("uper('x')") ==
        at + ":2: \"uper\" is not defined (did you mean \"upper\"?); a module gets what it needs as inputs");
  CHECK(returns("null == nil and try(nowhere.x, 'ok')") == R"({"r":"ok"})");
  const Value list = Value::list({Value(2), Value(1)});
  CHECK(returns("{input.l, #input.l, sort(input.l), type(input.l)}", {{"l", list}}) ==
        R"({"r":[[2,1],2,[1,2],"table"]})");
  CHECK(returns("keys(input)", {{"b", Value(1)}, {"a", Value(1)}}) == R"({"r":["a","b"]})");
}

TEST_CASE("the text of an input never becomes code") {
  const Value text("a${var.password}b$${x}");
  CHECK(returns("input.t", {{"t", text}}) == R"({"r":"a$${var.password}b$$${x}"})");
  CHECK(returns("input.t.k[1]", {{"t", ValueMap{{"k", Value::list({text})}}}}) ==
        R"({"r":"a$${var.password}b$$${x}"})");
  CHECK(returns("input.t", {{"t", ValueMap{{"k", text}}}}) == R"({"r":{"k":"a$${var.password}b$$${x}"}})");
  CHECK(returns("'${var.' .. input.t .. '}'", {{"t", Value("name")}}) == R"({"r":"${var.name}"})");
}

TEST_CASE("an opaque input is placed, joined, indexed and passed on") {
  const auto with = [](const std::string& expression) {
    return returns(expression, {{"n", Value(1)}}, {"password", "db"});
  };
  CHECK(with("input.password") == R"({"r":"${var.password}"})");
  CHECK(with("input.db.host.name") == R"({"r":"${var.db.host.name}"})");
  CHECK(with("input.db['a b'][1][2.0].x") == R"x({"r":"${var.db[\"a b\"][1][2].x}"})x");
  CHECK(with("input.db['end']['a\"\\\\\\n']") == R"x({"r":"${var.db[\"end\"][\"a\\\"\\\\\\010\"]}"})x");
  CHECK(with("'x' .. input.password") == R"({"r":"x${var.password}"})");
  CHECK(with("input.password .. 1 .. 2.0") == R"({"r":"${var.password}12.0"})");
  CHECK(with("2.0 .. input.password") == R"({"r":"2${var.password}"})");
  CHECK(with("'pg://' .. input.db.user .. ':' .. input.password .. '@${var.host}'") ==
        R"({"r":"pg://${var.db.user}:${var.password}@${var.host}"})");
  CHECK(with("type(input.password)") == R"({"r":"opaque"})");
  CHECK(with("merge({a = 1}, {p = input.password})") == R"({"r":{"a":1,"p":"${var.password}"}})");
  CHECK(with("map({1, 2}, function(i) return {i, input.db[i] .. '!'} end)") ==
        R"({"r":[[1,"${var.db[1]}!"],[2,"${var.db[2]}!"]]})");
  CHECK(with("values({a = input.db})[1].name") == R"({"r":"${var.db.name}"})");
  CHECK(with("(function() local t = {} table.insert(t, input.db) return t end)()") == R"({"r":["${var.db}"]})");
  CHECK(with("select(2, pcall(function(x) return x end, input.db))") == R"({"r":"${var.db}"})");
  CHECK(with("input") == R"({"r":{"db":"${var.db}","n":1,"password":"${var.password}"}})");
  // Lua asks nobody here.
  CHECK(with("{input.db == 'x', input.db == nil, input.db and 1, not input.db, ({x = 1})[input.db] == nil}") ==
        R"({"r":[false,false,1,false,true]})");
}

TEST_CASE("an opaque input is not looked into") {
  for (const std::string body : {
           "#input.p",
           "input.p < 1",
           "input.p <= input.q",
           "'a' < input.p",
           "input.p == input.q",
           "input.p + 1",
           "-input.p",
           "1 // input.p",
           "input.p & 1",
           "~input.p",
           "input.p()",
           "input.p:upper()",
           "input.p.x.y()",
           "tostring(input.p)",
           "tonumber(input.p)",
           "upper(input.p)",
           "('x'):rep(input.p)",
           "('%s'):format(input.p)",
           "format('%s', input.p)",
           "string.len(input.p)",
           "length(input.p)",
           "keys(input.p)",
           "pairs(input.p)",
           "ipairs(input.p)",
           "next(input.p)",
           "rawlen(input.p)",
           "rawequal(input.p, input.p)",

           "json_encode(input.p)",
           "json_encode({a = {input.p}})",
           "join({'a', input.p}, ',')",
           "is_null(input.p)",
           "coalesce(input.p, 1)",
           "table.concat({'a', input.p})",
           "table.sort({1, input.p})",
           "sort({1, input.p})",
           "contains({input.p}, 'x')",
           "sha256(input.p)",
           "sha256('x' .. input.p)",
           "('x' .. input.p).y",
           "getmetatable(input.p)",
           "math.max(input.p, 1)",
           "utf8.len(input.p)",
           "table.unpack(input.p)",
           "setmetatable(input.p, {})",
           "input[input.p]",

           "merge(input.p, {})",
           "map(input.p, upper)",
           "('x'):gsub('x', input.p)",
           "assert(input.p)",
           "range(1, input.p)",
           "unique({input.p, 1})",
           "split(input.p, ',')",
           "replace('x', 'x', input.p)",
           "(function() for i = 1, input.p do end end)()",
       }) {
    INFO(body);
    ScriptTrial trial(with_body("return {r = " + body + "}"));
    const std::string said = trial.say({}, {"p", "q"});
    const bool ours = said.starts_with(
        at + ":2: input `p` is opaque: it may be placed, joined with .. and passed on, not looked into");
    // Lua itself refuses these, and so names no input.
    CHECK((ours || said.find("got opaque") != std::string::npos));
  }
  CHECK(returns("input.p .. nil", {}, {"p"}) == at + ":2: attempt to join input `p` with a nil value");
  CHECK(returns("input.p[{}]", {}, {"p"}) ==
        at + ":2: input `p` is opaque: it is indexed by text and whole numbers, not by a table");
  CHECK(returns("(function() input.p.x = 1 end)()", {}, {"p"}) ==
        at + ":2: input `p` is opaque: it may be placed, joined with .. and passed on, not looked into (in a function, "
             "called from `build` at line 2)");
}

TEST_CASE("nothing passes from one call to the next") {
  ScriptTrial trial(R"lua(count = 0
local calls = 0
return { build = function(input)
  calls = calls + 1
  count = count + 1
  if input.n == 1 then
    leak = "x"
    _ENV.other = 1
  end
  return { calls = calls, count = count, leak = try(leak, "none"), other = try(other, "none") }
end })lua");
  CHECK(trial.say({{"n", Value(1)}}) == R"({"calls":1,"count":1,"leak":"x","other":1})");
  CHECK(trial.say({{"n", Value(2)}}) == R"({"calls":1,"count":1,"leak":"none","other":"none"})");
  // A call that fails, or that runs out of steps, harms no later one.
  ScriptTrial broken(with_body("if input.bad then leak = 1 while true do end end return {r = try(leak, 'none')}"),
                     {32U << 20, 1'000'000});
  CHECK(broken.say({{"bad", Value(true)}}) == at + ":2: the script does not end within 1000000 steps");
  CHECK(broken.say({{"bad", Value(false)}}) == R"({"r":"none"})");
}

TEST_CASE("a script may set globals of its own, and none that are built in") {
  CHECK(ScriptTrial(with_body("helper = function() return 1 end return {r = helper()}")).say() == R"({"r":1})");
  CHECK(ScriptTrial(with_body("upper = nil")).say() == at + ":2: `upper` is built in and cannot be replaced");
  CHECK(ScriptTrial(with_body("string = {}")).say() == at + ":2: `string` is built in and cannot be replaced");
  CHECK(ScriptTrial(with_body("string.rep = nil")).say() == at + ":2: globals and libraries are read-only");
}

}  // namespace plumb
