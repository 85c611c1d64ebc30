// The standard functions at their edges: nothing in, the wrong thing in, marks, unknowns, and too much.
#include <catch2/catch.hpp>

#include "tests/unit/lua/files_host.h"

namespace plumb {
namespace {

std::string say(const std::string& text) { return World().say(text); }

}  // namespace

TEST_CASE("functions at their edges") {
  World world;
  for (
      const char* text : {
          "chomp('a\\r\\n\\n') == 'a' and chomp('') == ''",
          "indent('a\\n\\nb\\n', 2, true) == '  a\\n\\n  b\\n' and indent('', 3) == '' and indent('a\\nb', 0) == "
          "'a\\nb'",
          "trim_prefix('abab', 'ab') == 'ab' and trim_suffix('abab', 'x') == 'abab'",
          "substr('größe', -2) == 'ße' and substr('abc', 5) == '' and substr('abc', 0, 2) == 'ab' and substr('', 1) == "
          "''",
          "reverse('aß') == 'ßa' and #reverse({}) == 0",
          "match('abc', 'x') == null and match('abc', '^b') == null and match('', '.*') == ''",
          "#match_all('', 'x') == 0 and #match_all('aaa', '^a') == 1 and match_all('a1b22', '%d+') == list{'1', '22'}",
          "sum({}) == 0 and sum(1, 2) == 3 and sum({1, 0.5}) == 1.5 and min({2, 1.5}) == 1.5 and max(4) == 4",
          "round(-2.5) == -3 and round(7) == 7 and math.type(round(2.4)) == 'integer'",
          "all_true({}) and not any_true({}) and not all_true({true, false}) and any_true({false, true})",
          "#chunk({}, 3) == 0 and #chunk({1, 2, 3}, 99) == 1",
          "#compact({}) == 0 and #compact(var.list) == 2 and compact({0, false, {}}) == list{0, false, {}}",
          "element({'a', 'b'}, 0) == 'b' and element({'a', 'b'}, -1) == 'a' and element({'a'}, math.mininteger) == 'a'",
          "one({}) == null and index_of({}, 1) == null and index_of({{1}, {2}}, {2}) == 2 and index_of({1.0}, 1) == 1",
          "find({}, function() return true end) == null and reduce({}, 5, function() end) == 5",
          "reduce(var.map, '', function(a, v, k) return a .. k .. v end) == 'a1b2'",
          "slice({1, 2, 3}, 2) == list{2, 3} and #slice({1}, 5, 9) == 0 and slice({1, 2, 3}, -2, -2) == list{2}",
          "#product({}, {1}) == 0 and product({1}) == list{{1}}",
          "#union({}, {}) == 0 and intersection({1, 1, 2}, {1, 1}) == list{1} and #intersection({1}, {2}) == 0",
          "difference({1, 2, 2, 3}, {3}, {1}) == list{2} and intersection({1, 2}, {2, 1}, {2}) == list{2}",
          "unique({1, 1.0, '1', {1}, {1}}) == list{1, '1', {1}} and #unique({hex_decode('ff'), hex_decode('fe')}) == 2",
          "#group_by({}, 'x') == 0 and group_by({1, 2, 3}, function(n) return n % 2 end)['1'] == list{1, 3}",
          "sort_by({'bb', 'a'}, length)[1] == 'a' and #sort_by({}, 'x') == 0",
          "index_by({'a', 'b'}, function(v, i) return i end)['2'] == 'b'",
          "#entries({}) == 0 and #from_entries({}) == 0 and from_entries(entries(var.map)) == var.map",
          "#pick({a = 1}, 'b') == 0 and #omit({}, 'a') == 0 and omit({a = 1, b = 2, c = 3}, {'a', 'b'}) == to_map({c = "
          "3})",
          "#merge_deep() == 0 and merge_deep({a = {x = 1}}, {a = 2}) == to_map({a = 2}) and merge_deep({a = {1}}, {a = "
          "{2}}).a "
          "== list{2}",
          "#transpose({}) == 0 and #transpose({a = {}}) == 0",
          "to_string(null) == null and to_string(true) == 'true' and to_number('-1e2') == -100 and to_number('+7') == "
          "7",
          "to_bool(false) == false and to_number(null) == null and #to_list(null) == 0 and #to_map({}) == 0",
          "to_set({2, 1, 1.0, 'a'}) == list{1, 2, 'a'} or to_set({2, 1, 1.0, 'a'}) == list{'a', 1, 2}",
          "type_of(1) == 'integer' and type_of(1.5) == 'number' and type_of(null) == 'null' and type_of(var) == 'map'",
          "type_of({}) == 'map' and type_of(list{}) == 'list' and type_of(true) == 'bool' and type_of('') == 'string'",
          "hex_decode('') == '' and url_decode('') == '' and url_decode('a+b') == 'a+b' and base64url_encode('') == ''",
          "#csv_decode('') == 0 and #csv_decode('a,b\\n') == 0 and csv_decode('a\\r\\n\"x\\n\"\"y\"\\r\\n')[1].a == "
          "'x\\n\"y'",
          "csv_decode('a;b\\n1;2', ';')[1].b == '2' and csv_encode({}) == '' and csv_encode({{a = 'x,y'}}, {'b', 'a'}) "
          "== "
          "'b,a\\n\"\",\"x,y\"\\n'",
          "yaml_encode({}) == '{}\\n' and yaml_encode(list{}) == '[]\\n' and yaml_encode('') == '\"\"\\n'",
          "sha512('a') ~= sha512('b') and hmac('', '') == "
          "'b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad'",
          "uuid5('6BA7B810-9dad-11d1-80b4-00c04fd430c8', 'x') == uuid5('dns', 'x')",
          "cidr_host('10.1.2.3/8', -1) == '10.255.255.255' and cidr_host('fd00::/8', 1) == 'fd00::1'",
          "cidr_host('::/0', -1) == 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff' and cidr_host('1.2.3.4/32', 0) == "
          "'1.2.3.4'",
          "cidr_netmask('0.0.0.0/0') == '0.0.0.0' and cidr_netmask('fd00::/16') == 'ffff::'",
          "cidr_subnet('fd00::/8', 8, 255) == 'fdff::/16' and cidr_subnet('0.0.0.0/0', 0, 0) == '0.0.0.0/0'",
          "cidr_subnets('10.0.0.0/8', 1, 1) == list{'10.0.0.0/9', '10.128.0.0/9'} and #cidr_subnets('::/0') == 0",
          "cidr_subnets('::/0', 1, 1)[2] == '8000::/1'",
          "cidr_contains('10.0.0.0/8', '10.1.2.3') and not cidr_contains('10.0.0.0/8', '11.0.0.0/9')",
          "not cidr_contains('10.1.0.0/16', '10.0.0.0/8') and not cidr_contains('0.0.0.0/0', '::1')",
          "basename('/') == '/' and basename('a/b/') == 'b' and dirname('a') == '.' and dirname('/a') == '/'",
          "map({'a'}, upper) == list{'A'}",
      }) {
    INFO(text);
    CHECK(world.say(text) == "true");
  }
}

TEST_CASE("wrong arguments name the function, the argument, what was expected and what came") {
  const std::vector<std::pair<std::string, std::string>> cases{
      {"upper({})", "bad argument #1 to 'upper' (string expected, got table)"},
      {"map({1}, upper, 2, 3)[1] .. sum({'a'})",
       "bad argument #1 to 'sum' (list of numbers expected, got a string in it)"},
      {"map({{}}, upper)", "bad argument #1 to 'upper' (string expected, got map)"},
      {"chunk({1}, 0)", "bad argument #2 to 'chunk' (size of at least 1 expected)"},
      {"chunk({1}, 1.5)", "bad argument #2 to 'chunk' (whole number expected, got one with a fraction)"},
      {"chunk({1})", "bad argument #2 to 'chunk' (whole number expected, got no value)"},
      {"chunk({a = 1}, 1)", "bad argument #1 to 'chunk' (list expected, got map)"},
      {"keys({1})", "bad argument #1 to 'keys' (map expected, got list)"},
      {"min({})", "bad argument #1 to 'min' (list with a number in it expected, got an empty one)"},
      {"sum({math.maxinteger, 1})", "bad argument #1 to 'sum' (numbers whose sum has 64 bits expected)"},
      {"all_true({1})", "bad argument #1 to 'all_true' (list of true and false expected, got a integer in it)"},
      {"element({}, 1)", "bad argument #1 to 'element' (list with an item in it expected, got an empty one)"},
      {"one({1, 2})", "bad argument #1 to 'one' (list of at most one item expected, got 2 items)"},
      {"index_by({{id = 'a'}, {id = 'a'}}, 'id')",
       "bad argument #1 to 'index_by' (items with different keys expected, got \"a\" twice)"},
      {"group_by({{}}, 'id')", "bad argument #2 to 'group_by' (text as the group of an item expected, got nil)"},
      {"sort_by({{n = 1}, {n = 'a'}}, 'n')",
       "bad argument #2 to 'sort_by' (keys that are all text or all numbers expected)"},
      {"from_entries({1})", "bad argument #1 to 'from_entries' (list of maps with `key` and `value` expected)"},
      {"pick({})", "bad argument #2 to 'pick' (text or list of texts expected, got no value)"},
      {"to_number('0x10')", "bad argument #1 to 'to_number' (text of a decimal number expected, got \"0x10\")"},
      {"to_bool('yes')", "bad argument #1 to 'to_bool' (\"true\" or \"false\" expected, got \"yes\")"},
      {"to_string({})",
       "bad argument #1 to 'to_string' (text, number, true or false (json_encode writes lists and maps) expected, got "
       "table)"},
      {"hex_decode('abc')", "bad argument #1 to 'hex_decode' (pairs of hexadecimal digits expected)"},
      {"url_decode('a%4')", "bad argument #1 to 'url_decode' (two hexadecimal digits expected after the % at byte 2)"},
      {"csv_decode('a,b\\n1\\n')",
       "bad argument #1 to 'csv_decode' (CSV with 2 fields a line expected, got 1 in line 2)"},
      {"csv_decode('a\\n\"x')", "bad argument #1 to 'csv_decode' (CSV expected, got a quote without an end in line 2)"},
      {"csv_encode({1})", "bad argument #1 to 'csv_encode' (list of maps expected, got a integer in it)"},
      {"uuid5('x', 'y')", "bad argument #1 to 'uuid5' (a UUID, or dns, url, oid or x500 expected)"},
      {"cidr_host('10.0.0.0', 1)",
       "bad argument #1 to 'cidr_host' (network such as 10.0.0.0/8 expected, got \"10.0.0.0\")"},
      {"cidr_host('10.0.0.0/33', 1)",
       "bad argument #1 to 'cidr_host' (network such as 10.0.0.0/8 expected, got \"10.0.0.0/33\")"},
      {"cidr_host('10.0.0.0/30', 4)", "bad argument #2 to 'cidr_host' (number of an address in 10.0.0.0/30 expected)"},
      {"cidr_subnet('10.0.0.0/8', 25, 0)", "bad argument #2 to 'cidr_subnet' (0 to 24 more bits expected)"},
      {"cidr_subnet('10.0.0.0/8', 1, 2)",
       "bad argument #3 to 'cidr_subnet' (number of a subnet with 1 more bits expected)"},
      {"cidr_subnets('10.0.0.0/8', 1, 1, 1)",
       "bad argument #4 to 'cidr_subnets' (room for one more in 10.0.0.0/8 expected, it is full)"},
      {"cidr_contains('10.0.0.0/8', 'x')",
       "bad argument #2 to 'cidr_contains' (address or network expected, got \"x\")"},
      {"substr(hex_decode('ff'), 1)", "bad argument #1 to 'substr' (UTF-8 text expected, got other bytes)"},
      {"indent('a', -1)", "bad argument #2 to 'indent' (0 to 1000 spaces expected)"},
      {"transpose({a = 1})", "bad argument #1 to 'transpose' (map of lists expected, got a integer in it)"},
      {"yaml_decode('a')", "yaml_decode: there is no YAML reader here"},
      {"file('x')", "there are no files to read here"},
  };
  for (const auto& [text, message] : cases) {
    INFO(text);
    CHECK(say(text) == "error: " + message);
  }
}

TEST_CASE("results of secrets are secrets, and messages do not tell them") {
  World world;
  for (const char* text : {
           "substr(var.password, 1, 2)",
           "reverse(var.password)",
           "sha512(var.password)",
           "hmac(var.password, 'x')",
           "hmac('x', var.password)",
           "uuid5('dns', var.password)",
           "hex(var.password)",
           "yaml_encode({var.password})",
           "csv_encode({{a = var.password}})",
           "to_string(var.password)",
           "length(values(var.mixed)[1])",
           "match_all(var.password, '.')",
           "element({var.password}, 1)",
           "template_text('$' .. '{p}', {p = var.password})",
           "index_of({'a', var.password}, 'a')",
           "contains(values(var.mixed), 'x')",
           "keys(var.marked)",
           "merge_deep(var.marked, {})",
           "to_set(values(var.mixed))",
           "unique(values(var.mixed))",
           "group_by(entries(var.mixed), 'value')",
           "sort_by(entries(var.mixed), 'value')",
           "reduce(var.mixed, '', function(a, v) return a .. v end)",
           "type_of(var.password)",
           "chomp(var.password)",
           "indent(var.password, 2)",
           "trim_prefix(var.password, 'h')",
       }) {
    INFO(text);
    CHECK(world.sensitive(text));
  }
  // Marks stay on the leaves that have them.
  CHECK(world.say("pick(var.mixed, 'open', 'closed')") == R"({"closed": (sensitive), "open": "x"})");
  CHECK(world.say("reverse(values(var.mixed))") == R"(["x", (sensitive)])");
  CHECK(world.say("merge_deep(var.mixed, {open = 'y'})") == R"({"closed": (sensitive), "open": "y"})");
  CHECK(world.say("entries(var.mixed)[2].value") == R"("x")");
  for (const char* text : {"to_number(var.password)", "to_bool(var.password)", "cidr_host(var.password, 1)",
                           "cidr_contains('10.0.0.0/8', var.password)", "uuid5(var.password, 'x')",
                           "hex_decode(var.password)", "json_decode(var.password)", "csv_decode(var.password .. '\"')",
                           "index_by({{id = var.password}, {id = var.password}}, 'id')",
                           "template_text('$' .. '{error(p)}', {p = var.password})"}) {
    INFO(text);
    const std::string said = world.say(text);
    CHECK_THAT(said, Catch::StartsWith("error"));
    CHECK_THAT(said, !Catch::Contains("hunter2"));
  }
}

TEST_CASE("what is not known ends the evaluation, unless only the shape is looked at") {
  World world;
  for (const char* text : {"length(var.partly)", "length(keys(var.partly))", "length(slice(values(var.partly), 2))",
                           "length(reverse(values(var.partly)))", "length(entries(var.partly))",
                           "length(chunk(values(var.partly), 1))", "element(values(var.partly), 2)",
                           "pick(var.partly, 'name').name", "merge_deep(var.partly, {}).name", "type_of(var.partly)",
                           "from_entries(entries(var.partly)).name", "length(product(values(var.partly), {1, 2}))"}) {
    INFO(text);
    const std::string said = world.say(text);
    CHECK_THAT(said, !Catch::Contains("unknown") && !Catch::StartsWith("error"));
  }
  for (const char* text :
       {"upper(var.unknown)", "sum({var.unknown})", "unique(values(var.partly))", "union(values(var.partly))",
        "index_of(values(var.partly), 'zzz')", "compact(values(var.partly))", "to_set(values(var.partly))",
        "yaml_encode(var.partly)", "csv_encode({var.partly})", "sort_by({var.partly}, 'id')",
        "group_by({var.partly}, 'id')", "can(sum({var.unknown}))", "template_text('$' .. '{x}', {x = var.unknown})",
        "transpose({a = {var.unknown}})", "all_true(values(var.partly))", "type_of(var.unknown)"}) {
    INFO(text);
    CHECK(world.say(text) == "(unknown)");
  }
  CHECK(world.say("template_text('$' .. '{name}', var.partly)") == R"("n")");
}

TEST_CASE("no function is a way around the budgets") {
  World world({32U << 20, 2'000'000});
  for (const char* text : {
           "#product(range(1, 1000), range(1, 1000), range(1, 1000))",
           "#indent(('\\n x'):rep(1e6), 1000)",
           "#yaml_encode(range(1, 1e6))",
           "(function() local t = list{1} for i = 1, 60 do t = list{t, t} end return t end)()",
           "(function() local t = list{1} for i = 1, 60 do t = list{t, t} end return #yaml_encode(t) end)()",
           "(function() local t = list{1} for i = 1, 60 do t = list{t, t} end return #unique({t, t}) end)()",
           "(function() local t, u = list{1}, list{1} for i = 1, 60 do t = list{t, t} u = list{u, u} end return t == u "
           "end)()",
           "(function() local t, u = list{1}, list{1} for i = 1, 60 do t = list{t, t} u = list{u, u} end return "
           "to_set({t, u}) end)()",
           "(function() local t = list{} for i = 1, 1e6 do t = list{t} end return t end)()",
           "reduce(range(1, 1e5), {}, function(a) return {a = a} end)",
           "reduce(range(1, 1e5), {}, function(a) return merge_deep(a, {x = a}) end)",
           "(function() local big = ('x'):rep(1e6) while true do sha512(big) end end)()",
           "(function() local big = ('x'):rep(1e6) while true do hmac(big, big) end end)()",
           "(function() local big = ('x'):rep(1e6) while true do substr(big, 1) end end)()",
           "(function() local big = ('a,b\\n'):rep(1e5) while true do csv_decode(big) end end)()",
           "(function() local l = range(1, 1000) while true do index_of(l, 'x') end end)()",
           "(function() local l = range(1, 1000) while true do intersection(l, l) end end)()",
           "(function() while true do cidr_host('10.0.0.0/8', 1) end end)()",
           "(function() local t = ('x'):rep(1e5) while true do template_text(t) end end)()",
           "#match_all(('a'):rep(1e5), 'a*a*a*c')",
       }) {
    INFO(text);
    CHECK(world.run(text).status == Evaluation::Status::error);
  }
  CHECK(world.say("var.name") == "\"app\"");
}

TEST_CASE("files and templates") {
  Interpreter interpreter({"var"});
  FilesHost host;
  host.roots["var"] = host.object({{"password", Value("hunter2").with_sensitive()},
                                   {"path", Value("a.txt")},
                                   {"secret_path", Value("a.txt").with_sensitive()},
                                   {"user", Value(ValueMap{{"name", Value("ann")}, {"none", Value()}})}});
  host.files["a.txt"] = "text of ${a}\n";
  host.files["ok.tpl"] = "$${x} ${name}${none}: ${join(map({1, 2}, to_string), \"}\")} $5 ${upper(name)} $$${y}";
  host.files["typo.tpl"] = "one\ntwo ${nam}\n";
  host.files["open.tpl"] = "one\n\n  ${ a";
  host.files["empty.tpl"] = "${ }";
  host.files["syntax.tpl"] = "${1 +}";
  host.files["list.tpl"] = "${list{1}}";
  host.files["lines.tpl"] = "a\n${\n\n 1 + nope }";
  host.files["outer.tpl"] = "<${template(\"typo.tpl\", {})}>";
  host.files["self.tpl"] = "${template(\"self.tpl\")}";
  host.files["world.tpl"] = "${var.path}";
  host.files["secret.tpl"] = "${error(p)}";
  host.files["set.tpl"] = "${(function() x = 1 end)()}";
  const auto say = [&](const std::string& text) { return host.say(interpreter, text); };
  CHECK(say("file('a.txt')") == R"("text of ${a}\n")");
  CHECK(say("file(var.path)") == R"("text of ${a}\n")");
  CHECK(say("map({'a.txt'}, file)[1]") == R"("text of ${a}\n")");
  CHECK(say("template('ok.tpl', var.user)") == R"("${x} ann: 1}2 $5 ANN $${y}")");
  CHECK(say("template_text('no expression')") == R"("no expression")");
  CHECK(say("file('none')") == "error: cannot read none");
  CHECK(say("try(file('none'), 'x')") == R"("x")");
  CHECK(say("file('')") == "error: bad argument #1 to 'file' (file name expected)");
  CHECK(say("template('typo.tpl', {name = 1})") ==
        "error: template typo.tpl:2:5: \"nam\" is not given to the template, or is null (did you mean \"name\"?)");
  CHECK(say("template('open.tpl')") == "error: template open.tpl:3:3: the expression has no end");
  CHECK(say("template('empty.tpl')") == "error: template empty.tpl:1:1: there is nothing between ${ and }");
  CHECK_THAT(say("template('syntax.tpl')"), Catch::StartsWith("error: template syntax.tpl:1:1: unexpected symbol"));
  CHECK(say("template('list.tpl')") == "error: template list.tpl:1:1: a list cannot stand inside text");
  CHECK(say("template('lines.tpl')") ==
        "error: template lines.tpl:4: \"nope\" is not given to the template, or is null");
  CHECK_THAT(say("template('outer.tpl')"), Catch::StartsWith("error: template outer.tpl:1:2: template typo.tpl:2:5: "));
  CHECK_THAT(say("template('self.tpl')"), Catch::StartsWith("error: "));
  CHECK_THAT(say("template('world.tpl')"), Catch::Contains("\"var\" is not given to the template"));
  CHECK_THAT(say("template('set.tpl')"), Catch::Contains("globals are read-only"));
  CHECK(say("template('a.txt', 1)") == "error: bad argument #2 to 'template' (map expected, got number)");
  // A path is recorded in the plan: no secret may be in it, but one may stand next to it.
  const std::string refused =
      "error: bad argument #1 to 'file' (file name that comes from no sensitive value expected)";
  CHECK(say("file(var.secret_path)") == refused);
  CHECK(say("map({var.secret_path}, file)") == refused);
  CHECK(say("try(file(var.secret_path), 'x')") == "(sensitive)");
  host.read.clear();
  CHECK(say("template(var.path, {a = var.password})") == "(sensitive)");
  CHECK(host.read == std::vector<std::string>{"a.txt"});
  CHECK(say("template('secret.tpl', {p = var.password})") ==
        "error: template secret.tpl:1:1: the expression failed; its message is withheld because it read a sensitive "
        "value");
}

TEST_CASE("YAML that is written reads back as the same value") {
  Interpreter interpreter({"var"});
  FilesHost host;
  for (const char* value :
       {"{}", "{a = {}}", "{a = list{}, b = {1, {2, {3, {x = {y = 1}}}}}}", "{'', ' ', '#', '- a', 'a: b', '1', '1.5'}",
        "{'null', '~', 'yes', 'No', 'on', '12:30', '1.10', '0x1F', '0o7', '.5', '2020-01-01', '=', '<<'}",
        "{true, false, 1, 1.5, -2, 1e300, json_decode('null')}", "{['a b'] = 1, ['1'] = 2, [''] = 3, ['a: #'] = 4}",
        "{'line\\nbreak\\n', '\\ttab', 'quote\"', \"it's\", 'back\\\\slash', '\\1', 'größe', '@at', '`x', '%x', '*a', "
        "'&b'}",
        "{{{1}, {2}}, {{a = {1}}, {b = 2}}}", "{a = {{b = {{c = 1}}}}}"}) {
    INFO(value);
    const std::string text(value);
    CHECK(host.say(interpreter, "yaml_decode(yaml_encode(" + text + "))") == host.say(interpreter, text));
  }
  CHECK(host.say(interpreter, "yaml_decode('')") == "null");
  CHECK(host.say(interpreter, "yaml_decode('a: ${x}').a") == R"("${x}")");
  CHECK_THAT(host.say(interpreter, "yaml_decode('a: [1')"), Catch::StartsWith("error: yaml_decode: line 1"));
  CHECK_THAT(host.say(interpreter, "yaml_decode('a: 1\\na: 2')"), Catch::StartsWith("error: yaml_decode: line 2"));
}

}  // namespace plumb
