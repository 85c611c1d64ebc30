#include "engine/model/path.h"

#include <catch2/catch.hpp>
#include <random>

using plumb::Path;
using plumb::PathStep;
using plumb::Value;
using plumb::value_at;
using plumb::ValueMap;
using plumb::with_value_at;
using plumb::without_path;

namespace {

Path parsed(std::string_view text) {
  auto path = Path::parse(text);
  INFO(text);
  REQUIRE(path.has_value());
  return path.value();
}

Path random_path(std::mt19937& random) {
  static const std::string letters = "ab-_0.[]\"\\*' \n\t\x01\x7f\xc3\xa9=,";
  std::vector<PathStep> steps(random() % 5);
  for (PathStep& step : steps) {
    if (random() % 3 == 0) {
      step = static_cast<std::int64_t>(random() % 1000);
      continue;
    }
    std::string key;
    for (std::size_t n = random() % 6; n > 0; --n) key += letters[random() % letters.size()];
    step = key;
  }
  return Path(steps);
}

}  // namespace

TEST_CASE("a path is written as people write it") {
  CHECK(Path().str().empty());
  CHECK((Path("grants") / "read only" / 0 / "role").str() == R"(grants["read only"][0].role)");
  CHECK((Path("a") / "x-y" / "9z" / "").str() == R"(a.x-y["9z"][""])");
  CHECK((Path("a") / "say \"hi\"\n").str() == R"(a["say \"hi\"\n"])");
}

TEST_CASE("a path is read as it is written") {
  CHECK(parsed("") == Path());
  CHECK(parsed(R"(grants["read only"][0].role)") == Path("grants") / "read only" / 0 / "role");
  CHECK(parsed(R"(["two words"].b)") == Path("two words") / "b");
  CHECK(parsed("a.*.b") == Path("a") / "*" / "b");
  CHECK(parsed("a[*].b") == Path("a") / "*" / "b");
}

TEST_CASE("random paths survive being written and read") {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    const Path path = random_path(random);
    CHECK(parsed(path.str()) == path);
  }
}

TEST_CASE("what is no path is an error that names the column") {
  for (const char* text : {".", "a.", "a..b", ".a", "a[", "a[]", "a[-1]", "a[1", "a[\"x\"", "a[\"x", "a[\"\\q\"]",
                           "a[x]", "a[0]b", "a b", "a.*b", "a[99999999999999999999]", "a[\"\\x1\"]"}) {
    INFO(text);
    CHECK_FALSE(Path::parse(text).has_value());
  }
  const auto bad = Path::parse("ab[0]c");
  REQUIRE_FALSE(bad.has_value());
  CHECK(bad.error().message.find("column 6") != std::string::npos);
  CHECK_FALSE(bad.error().next_step.empty());
}

TEST_CASE("order agrees with equality") {
  std::mt19937 random(2);
  for (int i = 0; i < 2000; ++i) {
    const Path a = random_path(random);
    const Path b = random_path(random);
    CHECK(std::is_eq(a <=> b) == (a == b));
    CHECK((a < b) == (b > a));
  }
  CHECK(Path("a") < Path("a") / "b");
  CHECK(Path("a") / 2 < Path("a") / 10);
}

TEST_CASE("covers and globs") {
  CHECK(Path().covers(Path("a")));
  CHECK(parsed("a.b").covers(parsed("a.b")));
  CHECK(parsed("a").covers(parsed("a.b[0]")));
  CHECK_FALSE(parsed("a.b").covers(parsed("a")));
  CHECK_FALSE(parsed("a.b").covers(parsed("a.bc")));
  CHECK(parsed("a.*.role").glob_covers(parsed("a[3].role")));
  CHECK(parsed("a.*").glob_covers(parsed("a.x.y")));
  CHECK_FALSE(parsed("a.*").glob_covers(parsed("a")));
  CHECK_FALSE(parsed("a.*.role").glob_covers(parsed("a.x.name")));
  CHECK_FALSE(parsed("a.*").covers(parsed("a.x")));
  CHECK(parsed("a.b").root() == "a");
  CHECK(Path().root().empty());
}

TEST_CASE("a value carries the marks of what is above it") {
  const Value inner(ValueMap{{"b", Value::list({Value(1), Value(2)})}});
  const Value root(ValueMap{{"a", inner.with_sensitive()}, {"c", Value(3)}});
  const auto found = value_at(root, parsed("a.b[1]"));
  REQUIRE(found.has_value());
  CHECK(*found == Value(2));
  CHECK(found->sensitive());
  CHECK_FALSE(value_at(root, parsed("c"))->sensitive());
  CHECK(value_at(root.with_sensitive(), parsed("c"))->sensitive());
  CHECK(value_at(root, Path()) == root);
  for (const char* nowhere : {"d", "a.b[2]", "a.b.x", "c.d", "a[0]"}) CHECK_FALSE(value_at(root, parsed(nowhere)));
}

TEST_CASE("a value is put in its place") {
  CHECK(with_value_at(Value(), parsed("a.b"), 1) == Value(ValueMap{{"a", Value(ValueMap{{"b", 1}})}}));
  const Value root(ValueMap{{"a", Value::list({1, 2})}, {"b", "x"}, {"c", Value::unknown()}});
  CHECK(value_at(with_value_at(root, parsed("a[1]"), 5), parsed("a")) == Value::list({1, 5}));
  CHECK(with_value_at(root, Path(), 7) == Value(7));
  for (const char* nowhere : {"a[2]", "a.k", "b.k", "b[0]", "c.k", "d[0]", "d.e[0]"}) {
    INFO(nowhere);
    CHECK(with_value_at(root, parsed(nowhere), 1) == root);
  }
  const Value marked = with_value_at(Value(ValueMap{{"a", Value::map().with_sensitive()}}), parsed("a.b"), 1);
  CHECK(marked.find("a")->sensitive());
  CHECK(value_at(marked, parsed("a.b"))->sensitive());
}

TEST_CASE("a map entry is taken away, and nothing else") {
  const Value root(ValueMap{{"a", Value(ValueMap{{"b", 1}, {"c", 2}}).with_sensitive()}, {"l", Value::list({1})}});
  const Value less = without_path(root, parsed("a.b"));
  CHECK(less == Value(ValueMap{{"a", Value(ValueMap{{"c", 2}})}, {"l", Value::list({1})}}));
  CHECK(less.find("a")->sensitive());
  for (const char* nowhere : {"", "a.x", "x.y", "l[0]", "l.x"}) CHECK(without_path(root, parsed(nowhere)) == root);
}
