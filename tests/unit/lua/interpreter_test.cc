#include "engine/lua/interpreter.h"

#include <algorithm>
#include <catch2/catch.hpp>

#include "engine/lua/function_docs.h"
#include "tests/unit/lua/scripted_host.h"

namespace plumb {

TEST_CASE("values cross into Lua and back") {
  World world;
  CHECK(world.say("var.name") == "\"app\"");
  CHECK(world.say("var.count + 1") == "4");
  CHECK(world.say("var.half * 2") == "1");
  CHECK(world.say("tostring(var.whole)") == "\"4\"");
  CHECK(world.say("tostring(0.1)") == "\"0.1\"");
  CHECK(world.say("var.on and not false") == "true");
  CHECK(world.say("var.none or 'd'") == "\"d\"");
  CHECK(world.say("null") == "null");
  CHECK(world.say("stack") == "\"platform\"");
  CHECK(world.run("7 // 2").value.kind() == Value::Kind::integer);
  CHECK(world.run("7 / 2").value.kind() == Value::Kind::number);
  CHECK(world.say("{1, 2, {a = 'x'}}") == world.say("json_decode('[1,2,{\"a\":\"x\"}]')"));
  CHECK(world.run("{}").value.is_map());
  CHECK(world.run("list{}").value.is_list());
  CHECK(world.run("var.list").value == world.run("{var.list}").value.as_list().at(0));
  CHECK(world.run("var.list").value.as_list().size() == 3);
  CHECK(world.say("#var.list") == "3");
  CHECK(world.say("var.list[1] .. var.list[3]") == "\"ac\"");
  CHECK(world.say("is_null(var.list[2])") == "true");
  CHECK(world.say("var.map.a + var.map['b']") == "3");
  CHECK(world.say("is_null(var.map.zz)") == "true");
  CHECK(world.say("var.map == json_decode('{\"b\":2,\"a\":1.0}')") == "true");
  CHECK(world.say("var.map ~= var.list") == "true");
  CHECK(world.say("core.value.a.acme.output .. '!'") == "\"acme-out!\"");
  CHECK(world.say("#core.value.a") == "2");
  CHECK(world.say("core.value.a['acme']") == world.say("{output = 'acme-out'}"));
  CHECK(world.say("(function() local s = '' for k, v in pairs(var.map) do s = s .. k .. v end return s end)()") ==
        "\"a1b2\"");
  CHECK(world.say("(function() local n = 0 for i, v in ipairs(var.list) do n = i end return n end)()") == "3");
  CHECK(world.say("(function() local s = '' for k in pairs({z=1, y=1, 10, 9, x=1}) do s = s .. tostring(k) end "
                  "return s end)()") == "\"12xyz\"");
  CHECK(world.say("(function() local s = '' for k in pairs(core.value.a) do s = s .. k end return s end)()") ==
        "\"acmebeta\"");
  CHECK(world.say("select(1, next({b = 1, a = 2}))") == "\"a\"");
}

TEST_CASE("what is no value of the configuration is an error") {
  World world;
  CHECK(world.say("print") == "error: \"print\" is not defined");
  CHECK(world.say("pairs") == "error: a function is no value of the configuration");
  CHECK(world.say("{a = {pairs}}") == "error: at a[1]: a function is no value of the configuration");
  CHECK(world.say("{1, a = 2}") == "error: the table mixes a list with named keys");
  CHECK(world.say("{1, nil, 3}") == "error: the list has gaps; its keys must be 1, 2, 3, ...");
  CHECK(world.say("{[true] = 1}") == "error: a key is a boolean; keys are text, or 1, 2, 3, ...");
  CHECK(world.say("1 / 0") == "error: the number is not finite");
  CHECK(world.say("(function() local t = {} t.a = {b = t} return t end)()") ==
        "error: at a.b: the table contains itself");
  CHECK_THAT(world.say("(function() local t = {} for i = 1, 1000000 do t = {t} end return t end)()"),
             Catch::Contains("nested more than 100 levels deep"));
  // A table in two places is no cycle, and is not read twice: this one would be 2^90 tables.
  CHECK_THAT(world.say("#(function() local t = {} for i = 1, 90 do t = {t, t} end return list(t) end)()"),
             Catch::Equals("2"));
  CHECK(world.say("string") == "error: a library is no value");
}

TEST_CASE("errors are Lua's words without Lua's places") {
  World world;
  CHECK(world.say("var.none.x") == "error: attempt to index a nil value (field 'none')");
  CHECK(world.say("1 + {}") == "error: attempt to perform arithmetic on a table value");
  CHECK(world.say("var.map .. 'x'") == "error: attempt to concatenate a map value (field 'map')");
  CHECK(world.say("vra.name") == "error: \"vra\" is not defined (did you mean \"var\"?)");
  CHECK(world.say("uper('x')") == "error: \"uper\" is not defined (did you mean \"upper\"?)");
  CHECK(world.say("var.missing") == "error: there is no \"missing\"");
  CHECK(world.run("var.missing").error.next_step == "declare it");
  CHECK(world.run("1 +\n\n var.none.x").error.pos.line == 3);
  CHECK(world.say("var.list.x") == "error: a list is indexed by whole numbers from 1, not by a string");
  CHECK(world.say("error('mine')") == "error: mine");
  CHECK(world.say("keys(1)") == "error: bad argument #1 to 'keys' (map expected, got number)");
  CHECK(world.say("error({})") == "error: the expression failed with a table in place of a message");
}

TEST_CASE("a syntax error is placed in the file") {
  World world;
  const SourcePos pos{FileName("plumb.yaml"), 12, 10};
  const auto bad = [&](std::string_view text) { return world.interpreter.compile(text, pos).error(); };
  CHECK(bad("1 +").str() == "plumb.yaml:12:10: expression: unexpected symbol near <eof>");
  CHECK(bad("a !b").pos.column == 12);
  CHECK_THAT(bad("a != b").next_step, Catch::Contains("~="));
  CHECK(bad("1 +\n\n )").pos.line == 14);
  CHECK(bad("1, 2").message == "expression: unexpected symbol near ','");
  CHECK(bad("1; 2").message == "expression: unexpected symbol near ';'");
  CHECK_THAT(bad(" --x").message, Catch::Contains("nothing between"));
  CHECK_THAT(bad("try(1,)").message, Catch::Contains("unexpected symbol"));
  CHECK(*world.interpreter.compile("var.a", pos) == *world.interpreter.compile("var.a", pos));
  CHECK(world.interpreter.references_of(*world.interpreter.compile("var.a", pos)).whole);
}

TEST_CASE("what is unknown ends an evaluation, whatever catches") {
  World world;
  for (const char* text :
       {"var.unknown", "var.unknown .. 'x'", "try(var.unknown, 'd')", "can(var.unknown)",
        "select(2, pcall(function() return var.unknown end))",
        "select(2, xpcall(function() return var.unknown end, function() return 'caught' end))",
        "try(pcall(function() return try(var.unknown, 1) end), 2)", "var.partly.id", "json_encode(var.partly)",
        "tostring(var.partly)", "var.partly == {}  or var.partly == var.map", "core.value.a.beta.output",
        "sort({2, 1}, function() return var.unknown end)", "map({1}, function() return var.unknown end)",
        "('x'):gsub('x', function() return var.unknown end)", "contains(list{var.partly}, 1)",
        "setmetatable({}, {__index = function() return var.unknown end}).x", "nonsensitive(var.unknown)"}) {
    INFO(text);
    const Evaluation made = world.run(text);
    REQUIRE(made.status == Evaluation::Status::done);
    CHECK(made.value.is_unknown());
    CHECK_FALSE(made.value.sensitive());
  }
  CHECK(world.say("var.partly.name") == "\"n\"");
  CHECK(world.run("var.partly").value.any_unknown());
  CHECK_FALSE(world.run("var.partly").value.is_unknown());
  CHECK(world.run("var.secret_unknown").value.sensitive());
  CHECK(world.run("var.password .. var.unknown").value.sensitive());
  CHECK(world.run("try(var.gone, 1)").value.is_unavailable());
  CHECK(world.say("try(var.later, 1)") == "demand");
  CHECK(world.say("pcall(function() return var.later end)") == "demand");
  CHECK(world.say("try(var.broken, 1)") == "error: the provider said no");
  // The next evaluation starts anew.
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("try, can and pcall catch what is missing") {
  World world;
  CHECK(world.say("try(var.missing, 'd')") == "\"d\"");
  CHECK(world.say("try(var.missing, var.missing2)") == "error: there is no \"missing2\"");
  CHECK(world.say("can(var.missing)") == "false");
  CHECK(world.say("can(var.name)") == "true");
  CHECK(world.say("try(var.none.x.y, 1)") == "1");
  CHECK(world.say("try(nil, 1)") == "null");
  CHECK(world.say("select(2, pcall(function() return var.missing end))") == "\"there is no \\\"missing\\\"\"");
  CHECK(world.say("select(2, xpcall(error, function(m) return m .. '!' end, 'x'))") == "\"x!\"");
  CHECK_THAT(world.say("try{1}"), Catch::Contains("try is a form"));
  CHECK(world.say("coalesce(nil, var.none, 3)") == "3");
}

TEST_CASE("what reads a secret is secret") {
  World world;
  for (const char* text : {"var.password",
                           "var.password .. ''",
                           "#var.password",
                           "upper(var.password)",
                           "var.password == 'x'",
                           "var.password and 1",
                           "json_encode(var.mixed)",
                           "tostring(var.mixed)",
                           "var.mixed == var.map",
                           "var.marked.inner.x",
                           "#var.marked",
                           "keys(var.marked)",
                           "join({var.password}, '')",
                           "sha256(var.password)",
                           "base64_encode(var.password)",
                           "format('%s', var.password)",
                           "('x'):rep(#var.password)",
                           "{a = var.password}",
                           "map(var.mixed, function(v) return 1 end)",
                           "contains(values(var.mixed), 'x')",
                           "sort(values(var.mixed))",
                           "unique(values(var.mixed))",
                           "sensitive('x')",
                           "try(error(var.password), 'd')",
                           "select(2, pcall(error, var.password))",
                           "is_null(var.marked.inner.zz)",
                           "(function() for k in pairs(var.marked) do return k end end)()",
                           "(function() local s = var.password; return nonsensitive('x') .. 'y' end)()"}) {
    INFO(text);
    CHECK(world.sensitive(text));
  }
  for (const char* text : {"var.mixed.open", "var.name", "keys(var.mixed)", "#var.mixed", "nonsensitive(var.password)",
                           "nonsensitive(var.marked).inner.x", "nonsensitive(nonsensitive(var.password))",
                           "merge(var.mixed, var.map).open"}) {
    INFO(text);
    CHECK_FALSE(world.sensitive(text));
  }
  // Passed whole, the marks stay on the leaves.
  const Value mixed = world.run("var.mixed").value;
  CHECK_FALSE(mixed.sensitive());
  CHECK(mixed.any_sensitive());
  CHECK(world.run("{x = var.mixed}").value.find("x")->find("closed")->sensitive());
  CHECK_FALSE(world.run("merge(var.mixed, {})").value.sensitive());
  CHECK(world.run("var.marked.inner").value.sensitive());
  CHECK(world.run("merge(var.marked, {})").value.sensitive());
  CHECK_FALSE(world.run("nonsensitive(var.mixed)").value.any_sensitive());
  CHECK(world.run("nonsensitive(var.password)").used_nonsensitive);
  CHECK_FALSE(world.run("var.password").used_nonsensitive);
}

TEST_CASE("no message tells a secret") {
  World world;
  for (const char* text : {"error(var.password)", "error('x' .. var.password, 0)", "assert(false, var.password)",
                           "var[var.password]", "error({var.password})", "json_decode(var.password)",
                           "{[var.password] = pairs}", "base64_decode(var.password .. '!')"}) {
    INFO(text);
    const Evaluation made = world.run(text);
    REQUIRE(made.status == Evaluation::Status::error);
    CHECK(made.error.message.find("hunter2") == std::string::npos);
    CHECK(made.error.next_step.find("hunter2") == std::string::npos);
  }
  CHECK(world.sensitive("(function() pcall(function() return nonsensitive({pairs}) end) return var.name end)()") ==
        false);
  CHECK(world.sensitive(
      "(function() local s = var.password; pcall(function() return nonsensitive({pairs}) end) return s end)()"));
}

TEST_CASE("the table of functions is sorted and documented") {
  const auto docs = function_docs();
  CHECK(std::is_sorted(docs.begin(), docs.end(),
                       [](const auto& a, const auto& b) { return std::string_view(a.name) < b.name; }));
  for (const auto& doc : docs) {
    INFO(doc.name);
    CHECK(std::string_view(doc.signature).starts_with(doc.name));
    CHECK(std::string_view(doc.doc).ends_with("."));
  }
  CHECK(Interpreter::function_names().size() == docs.size());
}

}  // namespace plumb
