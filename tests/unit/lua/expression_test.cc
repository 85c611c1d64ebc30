#include "engine/lua/expression.h"

#include <catch2/catch.hpp>

namespace plumb {
namespace {

const std::vector<std::string> scope{"var", "locals", "each", "postgres", "stack"};

std::string chains(std::string_view text) {
  std::string out;
  const References found = references(text, scope);
  for (const auto& chain : found.chains) {
    if (!out.empty()) out += ' ';
    for (std::size_t i = 0; i < chain.steps.size(); ++i) out += (i == 0 ? "" : "/") + chain.steps[i];
    if (chain.widened) out += "/*";
  }
  return found.whole ? "whole " + out : out;
}

}  // namespace

TEST_CASE("an expression ends by Lua's lexical rules") {
  CHECK(expression_end("a} rest") == 1);
  CHECK(expression_end("{1, {2}}[1]} }") == 11);
  CHECK(expression_end(R"("}" .. '}' .. "\"}"})") == 19);
  CHECK(expression_end("[[ } ]] .. [==[ ]] } ]==] }") == 26);
  CHECK(expression_end("a --[[ } ]] }") == 12);
  CHECK(expression_end("a -- }\n }") == 8);
  CHECK(expression_end("\"\\z\n  }\" }") == 9);
  CHECK_FALSE(expression_end("a").has_value());
  CHECK_FALSE(expression_end("a -- }").has_value());
  CHECK_FALSE(expression_end("\"a}").has_value());
  CHECK_FALSE(expression_end("[[ }").has_value());
  CHECK_FALSE(expression_end("--[[ }").has_value());
  CHECK_FALSE(expression_end("\"a\n\" }").has_value());
  CHECK_FALSE(expression_end("").has_value());
}

TEST_CASE("references are the chains that start at a scope name") {
  CHECK(chains("postgres.role.app.name") == "whole postgres/role/app/name");
  CHECK(chains("postgres.database.tenant[\"acme\"].oid") == "whole postgres/database/tenant/acme/oid");
  CHECK(chains(" var.a --[[x]] ") == "whole var/a");
  CHECK(chains("var . a [ [[x]] ] [0x10] [2.0]") == "whole var/a/x/16/2");
  CHECK(chains("var.a[each.key].b") == "var/a/* each/key");
  CHECK(chains("var.a .. var.b .. var.a") == "var/a var/b");
  CHECK(chains("var.name:upper()") == "var/name");
  CHECK(chains("x.var.y") == "");
  CHECK(chains("{ var = 1, x = stack }.x") == "stack");
  CHECK(chains("var == 1") == "var");
  CHECK(chains("\"var.a\"") == "");
  CHECK(chains("variable") == "");
  CHECK(chains("var.a[1.5]") == "var/a/*");
  CHECK(chains("var[\"a\" .. \"b\"]") == "var/*");
  CHECK(chains(R"(var["\x61\u{e9}\110\z   b"])") == "whole var/a\xc3\xa9nb");
  CHECK(chains("var[\"\\q\"]") == "var/*");
  CHECK(references("1 + var.a", scope).chains.at(0).offset == 4);
}

TEST_CASE("forms become functions") {
  CHECK(rewrite_forms("try(a, b)") == "try(function() return a end, function() return b end)");
  CHECK(rewrite_forms("can(a.b)") == "can(function() return a.b end)");
  CHECK(rewrite_forms("try(f(a, b), {c, d})") == "try(function() return f(a, b) end, function() return {c, d} end)");
  CHECK(rewrite_forms("try(try(a, b), c)") ==
        "try(function() return try(function() return a end, function() return b end) end, function() return c end)");
  CHECK(rewrite_forms("nonsensitive(try(x))") == "nonsensitive(function() return try(function() return x end) end)");
  CHECK(rewrite_forms("m.try(a, b)") == "m.try(a, b)");
  CHECK(rewrite_forms("m:try(a)") == "m:try(a)");
  CHECK(rewrite_forms("try()") == "try()");
  CHECK(rewrite_forms("try(a,)") == "try(function() return a end,)");
  CHECK(rewrite_forms("\"try(a)\"") == "\"try(a)\"");
  CHECK(rewrite_forms("try(a -- x\n, b)") == "try(function() return a -- x\n end, function() return b end)");
  CHECK(rewrite_forms("try(function() local a, b = 1 return a end, 2)") ==
        "try(function() return function() local a, b = 1 return a end end, function() return 2 end)");
  CHECK(rewrite_forms("try(\"x") == "try(\"x");
}

}  // namespace plumb
