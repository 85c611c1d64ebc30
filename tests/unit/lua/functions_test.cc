#include <catch2/catch.hpp>

#include "tests/unit/lua/scripted_host.h"

namespace plumb {

TEST_CASE("standard functions") {
  World world;
  // Each is `left == right` in Lua itself.
  for (const char* text : {
           "upper('aé1') == 'Aé1'",
           "lower('AB') == 'ab'",
           "title('it\\'s a dog-house') == 'It\\'s A Dog-House'",
           "trim('  a b\\n') == 'a b'",
           "trim('xxaxx', 'x') == 'a'",
           "trim('   ') == ''",
           "split('a,b,,c', ',') == list{'a','b','','c'}",
           "split('', ',') == list{''}",
           "join({1, 2.0, 'x', true}, '-') == '1-2-x-true'",
           "join({}, ',') == ''",
           "replace('a.b.c', '.', '%1') == 'a%1b%1c'",
           "slug(' Hello, World! 2 ') == 'hello-world-2'",
           "starts_with('abc', 'ab') and not starts_with('abc', 'b')",
           "ends_with('abc', 'bc') and not ends_with('abc', 'b')",
           "contains('abc', 'bc') and contains({1, 2}, 2) and contains({a = 1}, 'a') and not contains({1}, '1')",
           "format('%s %5.1f %d %s', 1.0, 2.25, 3, var.map) == '1   2.2 3 {\"a\":1,\"b\":2}'",
           "map({1, 2}, function(x, i) return x * 10 + i end) == list{11, 22}",
           "map({a = 1}, function(v, k) return k .. v end) == json_decode('{\"a\":\"a1\"}')",
           "filter({1, 2, 3}, function(x) return x % 2 == 1 end) == list{1, 3}",
           "keys(filter(var.map, function(v) return v > 1 end)) == list{'b'}",
           "json_encode(merge({a = 1, b = 1}, {b = 2}, nil)) == '{\"a\":1,\"b\":2}'",
           "keys({b = 1, a = 2}) == list{'a', 'b'} and values({b = 1, a = 2}) == list{2, 1}",
           "keys(core.value.a) == list{'acme', 'beta'}",
           "flatten({1, {2, {3, {}}}, {4}}) == list{1, 2, 3, json_decode('{}'), 4}",
           "sort(var.numbers) == list{1, 2, 3}",
           "sort({'b', 'a'}) == list{'a', 'b'}",
           "sort({{1, 'x'}, {0, 'y'}, {1, 'a'}}, function(a, b) return a[1] < b[1] end)[3][2] == 'a'",
           "unique({1, 1.0, '1', 2, {1}, {1}}) == list{1, '1', 2, {1}} or json_encode(unique({1, 1.0, '1', 2, {1}, "
           "{1}})) == '[1,\"1\",2,[1]]'",
           "concat({1}, {}, {2, 3}) == list{1, 2, 3}",
           "range(1, 3) == list{1, 2, 3} and range(3, 1, -2) == list{3, 1} and #range(2, 1) == 0",
           "#range(math.maxinteger - 1, math.maxinteger) == 2",
           "length('abc') == 3 and length({1, 2}) == 2 and length(var.map) == 2 and length({a = 1}) == 1",
           "zipmap({'a', 'b'}, {1, 2}) == var.map",
           "lookup(var.map, 'a') == 1 and lookup(var.map, 'z', 9) == 9",
           "json_encode({b = {1, 2.5}, a = null, c = 'é\"'}) == '{\"b\":[1,2.5],\"c\":\"é\\\\\"\"}'",
           "json_encode(var.list) == '[\"a\",null,\"c\"]'",
           "json_encode({1}, 2) == '[\\n  1\\n]'",
           "json_decode('[1, 1.5, null, {\"x\": true}]')[4].x",
           "base64_encode('hello') == 'aGVsbG8=' and base64_decode('aGVsbG8=') == 'hello'",
           "hex('\\1\\255') == '01ff'",
           "url_encode('a b/é') == 'a%20b%2F%C3%A9'",
           "sha256('') == 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'",
           "math.floor(2.5) == 2 and math.max(1, 2) == 2 and math.min(1, 2) == 1",
           "tonumber('0x10') == 16 and tostring(1e15) == '1000000000000000'",
           "is_null(null) and not is_null(false)",
       }) {
    INFO(text);
    CHECK(world.say(text) == "true");
  }
  CHECK_THAT(world.say("sort({1, 'a'})"), Catch::Contains("all text or all numbers"));
  CHECK_THAT(world.say("json_decode('{')"), Catch::Contains("not JSON at byte"));
  CHECK_THAT(world.say("json_decode(('['):rep(1000))"), Catch::Contains("levels deep"));
  CHECK_THAT(world.say("zipmap({'a'}, {})"), Catch::Contains("got 0 values for 1 key)"));
  CHECK_THAT(world.say("base64_decode('!')"), Catch::Contains("base64 text expected"));
  CHECK_THAT(world.say("coalesce(nil)"), Catch::Contains("every value is null"));
}

TEST_CASE("patterns are Lua's") {
  World world;
  for (const char* text : {
           "('hello world'):find('o w') == 5",
           "('a.b'):find('.', 1, true) == 2",
           "('key = value'):match('^(%w+)%s*=%s*(%w+)$') == 'key'",
           "select(2, ('key = value'):match('(%w+) = (%w+)')) == 'value'",
           "('abc'):gsub('%w', '%0%0') == 'aabbcc'",
           "('abc'):gsub('', '-') == '-a-b-c-'",
           "('hello'):gsub('l', {l = 'L'}) == 'heLLo'",
           "('hello'):gsub('l+', function(s) return #s end) == 'he2o'",
           "('a,b,c'):gsub(',', ';', 1) == 'a;b,c'",
           "('THE (quick) fox'):find('%((%a+)%)') == 5",
           "('f(a(b)c)d'):match('%b()') == '(a(b)c)'",
           "('THE (quick) fox'):gsub('%f[%a]%a+', 'x') == 'x (x) x'",
           "('[]]x'):match('[]]+') == ']]'",
           "('a-b'):match('[a%-]+') == 'a-'",
           "('x^y'):match('[%^x]+') == 'x^'",
           "('abab'):match('(ab)%1') == 'ab'",
           "('  x'):match('()x') == 3",
           "('<<a>>'):match('<(.-)>') == '<a'",
           "('aXb'):match('%u') == 'X' and ('aXb'):match('%U+') == 'a'",
           "('abc'):find('b', -1) == nil and ('abc'):find('c', -1) == 3 and ('abc'):find('', 10) == nil",
           "(function() local s = '' for k, v in ('a=1,b=2'):gmatch('(%w)=(%w)') do s = s .. v .. k end return s "
           "end)() == '1a2b'",
           "('x'):rep(3, ',') == 'x,x,x' and ('x'):rep(0) == '' and ('x'):rep(-1) == ''",
       }) {
    INFO(text);
    CHECK(world.say(text) == "true");
  }
  for (const char* text : {"('x'):find('[a')", "('x'):find('%')", "('x'):find('(x')", "('x'):match('x)')",
                           "('x'):gsub('x', '%2')", "('x'):find('%f')", "('x'):match('%b')", "('x'):find('[%')"}) {
    INFO(text);
    CHECK(world.run(text).status == Evaluation::Status::error);
  }
}

TEST_CASE("tables") {
  World world;
  for (const char* text : {
           "table.concat({1, 2.0, 'x'}, ',') == '1,2,x'",
           "(function() local t = {3, 1, 2} table.sort(t) return table.concat(t) end)() == '123'",
           "(function() local t = {} for i = 1, 5 do table.insert(t, i) end table.insert(t, 1, 0) "
           "return table.remove(t) + table.remove(t, 1) + #t end)() == 9",
           "select('#', ('x'):byte(math.maxinteger, math.mininteger)) == 0",
           "(function() local t = {1, 2, 3} table.insert(t, 4, 5) table.insert(t, 2, 9) return join(t, ' ') end)() == "
           "'1 9 2 3 5'",
           "(function() local t = {1, 2} return table.remove(t, 3) == nil and table.remove(t, 1) + #t end)() == 2",
           "(function() local t = {} return table.remove(t) == nil and table.remove(t, 0) == nil and #t == 0 end)()",
           "select('#', table.unpack({1, 2, 3})) == 3",
           "table.unpack(var.numbers, 2, 2) == 1",
           "table.concat(table.move({1, 2, 3}, 1, 3, 2)) == '1123'",
           "table.pack(1, 2).n == 2",
           // Stable, and no harm from a comparison that makes no sense.
           "(function() local t = {} for i = 1, 100 do t[i] = {i % 3, i} end "
           "table.sort(t, function(a, b) return a[1] < b[1] end) "
           "for i = 2, 100 do if t[i-1][1] == t[i][1] and t[i-1][2] > t[i][2] then return false end end return true "
           "end)()",
           "(function() local t = range(1, 50) local u = {} for i, v in ipairs(t) do u[i] = v end "
           "table.sort(u, function() return true end) return #u end)() == 50",
           "setmetatable({}, {__index = {x = 1}}).x == 1",
           "(function() local mt = {} return getmetatable(setmetatable({}, mt)) == mt end)()",
           "tostring({}) == 'table' and tostring(pairs) == 'function'",
           "rawequal(var.map, var.map) and rawlen({1}) == 1 and rawget({a = 1}, 'a') == 1",
           "type(var.map) == 'table' and type(var) == 'table' and type('') == 'string'",
           "utf8.len('é') == 1 and utf8.char(233) == 'é' and utf8.codepoint('é') == 233",
       }) {
    INFO(text);
    CHECK(world.say(text) == "true");
  }
  CHECK_THAT(world.say("table.insert(var.numbers, 1)"), Catch::Contains("read-only"));
  CHECK(world.say("table.insert({1}, 3, 1)") == "error: bad argument #2 to 'insert' (position out of bounds)");
  CHECK(world.say("table.insert({1}, 0, 1)") == "error: bad argument #2 to 'insert' (position out of bounds)");
  CHECK(world.say("table.remove({1}, 3)") == "error: bad argument #2 to 'remove' (position out of bounds)");
  CHECK(world.say("table.insert({1})") == "error: wrong number of arguments to 'insert'");
  CHECK(world.say("table.insert(setmetatable({}, {__len = function() return math.maxinteger end}), 1)") ==
        "error: bad argument #1 to 'insert' (the table is full)");
}

}  // namespace plumb
