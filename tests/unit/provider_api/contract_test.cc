#include "engine/provider_api/contract.h"

#include <catch2/catch.hpp>

#include "engine/provider_api/fake.h"

using namespace plumb;

namespace {

struct Fixture {
  ProviderSchema schema = fake_schema();
  TypeSchema& thing = schema.types[0];

  Attribute& attribute(std::string_view name) { return const_cast<Attribute&>(*thing.find(name)); }

  static ReadKey key(const char* name, std::string id = {}) { return {Value(ValueMap{{"name", name}}), std::move(id)}; }

  ReadResult read(ReadKey key, ReadResult result) const {
    std::vector<ReadKey> keys{std::move(key)};
    std::vector<ReadResult> results{std::move(result)};
    check_read(thing, keys, results);
    REQUIRE(results.size() == 1);
    return results[0];
  }
};

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

void check_broken(const ReadResult& result, const std::string& part) {
  REQUIRE(result.status == ReadResult::Status::unreadable);
  INFO(result.error.message);
  CHECK(result.error.fault == Fault::provider);
  CHECK(has(result.error.message, "fake.thing"));
  CHECK(has(result.error.message, part));
  CHECK_FALSE(result.error.next_step.empty());
}

ApplyResult applied(ValueMap value, std::string id = "7") {
  ApplyResult out;
  out.value = Value(std::move(value));
  out.server_id = std::move(id);
  return out;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "a sound answer passes in canonical form") {
  attribute("note").comparison = Comparison::text_trailing_newline;
  const auto out = read(
      key("a"), ReadResult::present(Value(ValueMap{{"name", "a"}, {"id", "7"}, {"size", 2.0}, {"note", "hi\n"}}), "7"));
  REQUIRE(out.status == ReadResult::Status::present);
  CHECK(out.value.get("size").is_integer());
  CHECK(out.value.get("note") == Value("hi"));
  CHECK_FALSE(out.value.any_sensitive());
}

TEST_CASE_METHOD(Fixture, "sensitive attributes come out marked") {
  attribute("note").sensitive = true;
  const auto out =
      read(key("a"), ReadResult::present(Value(ValueMap{{"name", "a"}, {"id", "7"}, {"note", "hush"}}), "7"));
  REQUIRE(out.status == ReadResult::Status::present);
  CHECK(out.value.get("note").sensitive());
  CHECK_FALSE(out.value.get("name").sensitive());
}

TEST_CASE_METHOD(Fixture, "what breaks the rules is unreadable and names type and attribute") {
  const auto present = [](ValueMap value, std::string id = "7") {
    return ReadResult::present(Value(std::move(value)), std::move(id));
  };
  check_broken(read(key("a"), present({{"name", "a"}, {"size", "big"}})), "size");
  check_broken(read(key("a"), present({{"name", "a"}, {"colour", "red"}})), "colour");
  check_broken(read(key("a"), present({{"name", "a"}, {"tags", Value(ValueMap{{"k", 1}})}})), "tags.k");
  check_broken(read(key("a"), present({{"name", "a"}, {"note", Value::unknown()}})), "note");
  check_broken(read(key("a"), present({{"note", "x"}})), "name");
  check_broken(read(key("a"), present({{"name", "a"}}, "")), "server id");
  check_broken(read(key("a"), present({{"name", "a"}, {"id", "8"}})), "id");
  check_broken(read(key("a"), present({{"name", "b"}})), "another");
  check_broken(read(key("a"), ReadResult::present(Value("text"), "7")), "not a map");
  ReadResult stray = present({{"name", "a"}});
  stray.evidence.emplace(Path("colour"), "red");
  check_broken(read(key("a"), stray), "colour");
  check_broken(read(key("a"), ReadResult::unreadable({})), "unreadable");
}

TEST_CASE_METHOD(Fixture, "no message quotes a sensitive value") {
  attribute("note").sensitive = true;
  attribute("note").type = enum_type({"one", "two"});
  const auto out = read(key("a"), ReadResult::present(Value(ValueMap{{"name", "a"}, {"note", "hunter2hunter2"}}), "7"));
  REQUIRE(out.status == ReadResult::Status::unreadable);
  CHECK_FALSE(has(out.error.message + out.error.next_step, "hunter2"));
}

TEST_CASE_METHOD(Fixture, "an object found by its server id may have another name") {
  const auto out = read(key("a", "7"), ReadResult::present(Value(ValueMap{{"name", "b"}}), "7"));
  CHECK(out.status == ReadResult::Status::present);
  const auto made_anew = read(key("a", "7"), ReadResult::present(Value(ValueMap{{"name", "a"}}), "9"));
  CHECK(made_anew.status == ReadResult::Status::present);
  check_broken(read(key("a", "7"), ReadResult::present(Value(ValueMap{{"name", "b"}}), "9")), "another");
}

TEST_CASE_METHOD(Fixture, "absent and unreadable pass as they are") {
  CHECK(read(key("a"), ReadResult::absent()).status == ReadResult::Status::absent);
  const auto out = read(key("a"), ReadResult::unreadable({"no right", "grant it", {}, Fault::denied}));
  CHECK(out.error.fault == Fault::denied);
}

TEST_CASE_METHOD(Fixture, "a wrong number of answers makes all of them unreadable") {
  const std::vector<ReadKey> keys{key("a"), key("b")};
  std::vector<ReadResult> results{ReadResult::absent()};
  check_read(thing, keys, results);
  REQUIRE(results.size() == 2);
  check_broken(results[0], "2 objects");
  check_broken(results[1], "1 answer");
}

TEST_CASE_METHOD(Fixture, "apply must give what was planned") {
  const Value planned(ValueMap{{"name", "a"},
                               {"id", Value::unknown()},
                               {"size", 1},
                               {"note", Value()},
                               {"owner", Value::unknown()},
                               {"secret", Value("hush hush").with_sensitive()},
                               {"tags", Value(ValueMap{{"k", "v"}, {"u", Value::unknown()}})}});
  const ValueMap good{
      {"name", "a"}, {"id", "7"}, {"size", 1}, {"owner", "x"}, {"tags", Value(ValueMap{{"k", "v"}, {"u", "learnt"}})}};

  auto sound = applied(good);
  CHECK(check_apply(thing, planned, sound).empty());

  for (const auto& [name, value] : ValueMap{{"name", "b"}, {"size", 2}, {"note", "x"}}) {
    ValueMap bad = good;
    bad.set(name, value);
    auto result = applied(bad);
    const auto errors = check_apply(thing, planned, result);
    INFO(name);
    REQUIRE(errors.size() == 1);
    CHECK(has(errors[0].message, "\"" + name + "\""));
    CHECK(errors[0].fault == Fault::provider);
    CHECK(result.value->get(name) == value);  // what is there is kept, wrong or not
  }
  ValueMap bad = good;
  bad.set("tags", Value(ValueMap{{"k", "other"}, {"u", "learnt"}}));
  auto result = applied(bad);
  CHECK(check_apply(thing, planned, result).size() == 1);
}

TEST_CASE_METHOD(Fixture, "a server may add keys to a computed map only") {
  const Value planned(ValueMap{{"name", "a"}, {"tags", Value(ValueMap{{"k", "v"}})}});
  const ValueMap more{{"name", "a"}, {"tags", Value(ValueMap{{"k", "v"}, {"added", "x"}})}};
  auto result = applied(more);
  CHECK(check_apply(thing, planned, result).size() == 1);
  attribute("tags").computed = true;
  result = applied(more);
  CHECK(check_apply(thing, planned, result).empty());
}

TEST_CASE_METHOD(Fixture, "all that is wrong is told, and left out of the value") {
  auto result = applied({{"name", "a"}, {"size", "big"}, {"colour", "red"}}, "");
  const auto errors = check_apply(thing, Value(ValueMap{{"name", "a"}}), result);
  CHECK(errors.size() == 3);
  REQUIRE(result.value);
  CHECK(*result.value == Value(ValueMap{{"name", "a"}}));
}

TEST_CASE_METHOD(Fixture, "masked values stay masked in messages") {
  attribute("note").sensitive = true;
  auto result = applied({{"name", "a"}, {"note", "got-this-secret"}});
  const auto errors =
      check_apply(thing, Value(ValueMap{{"name", "a"}, {"note", Value("want-this-secret").with_sensitive()}}), result);
  REQUIRE(errors.size() == 1);
  CHECK_FALSE(has(errors[0].message, "this-secret"));
  CHECK(result.value->get("note").sensitive());
}

TEST_CASE_METHOD(Fixture, "an answer is needed, and half-way is not held against the plan") {
  const Value planned(ValueMap{{"name", "a"}, {"size", 1}});
  ApplyResult nothing;
  CHECK(check_apply(thing, planned, nothing).size() == 1);
  ApplyResult failed;
  failed.error = Error{"no", "yes"};
  CHECK(check_apply(thing, planned, failed).empty());
  auto half = applied({{"name", "a"}, {"size", 5}});
  half.error = Error{"no", "yes"};
  CHECK(check_apply(thing, planned, half).empty());
  CHECK(half.value->get("size") == Value(5));
}

TEST_CASE_METHOD(Fixture, "a removal leaves nothing") {
  ApplyResult removed;
  CHECK(check_apply(thing, Value(), removed).empty());
  auto still = applied({{"name", "a"}});
  CHECK(check_apply(thing, Value(), still).size() == 1);
}

TEST_CASE_METHOD(Fixture, "what only Plumb keeps is filled in") {
  attribute("zone").local = true;
  auto result = applied({{"name", "a"}});
  CHECK(check_apply(thing, Value(ValueMap{{"name", "a"}, {"zone", "north"}}), result).empty());
  CHECK(result.value->get("zone") == Value("north"));
}

TEST_CASE_METHOD(Fixture, "what has not moved takes its value from what was known") {
  const Value known(ValueMap{{"name", "a"}, {"note", "as it was"}, {"size", 4}});
  const auto answer = [](std::vector<Path> unmoved, ValueMap more = {}) {
    more.set("name", "a");
    more.set("id", "7");
    ReadResult out = ReadResult::present(Value(std::move(more)), "7");
    out.unmoved = std::move(unmoved);
    return out;
  };
  ReadKey asked = key("a");
  asked.known = known;
  const auto out = read(asked, answer({Path("note"), Path("secret")}));
  REQUIRE(out.status == ReadResult::Status::present);
  CHECK(out.value.get("note") == Value("as it was"));
  CHECK(out.value.find("secret") == nullptr);  // state has no value of it
  CHECK(out.unmoved.size() == 2);
  // What is given counts.
  const auto given = read(asked, answer({Path("note")}, {{"note", "new"}}));
  CHECK(given.value.get("note") == Value("new"));
  CHECK(given.unmoved.empty());
  check_broken(read(key("a"), answer({Path("note")})), "\"note\" is called unmoved, and nothing was known of it");
  check_broken(read(asked, answer({Path("nothing")})), "it speaks of \"nothing\", which is not in the schema");
  check_broken(read(asked, answer({Path("tags") / "x"})), "\"tags.x\" is called unmoved, and is not a whole attribute");
}

TEST_CASE_METHOD(Fixture, "what the server keeps is given by every read and every write") {
  attribute("owner").optional = false;
  attribute("owner").sensitive = attribute("owner").kept_by_server = true;
  const ValueMap without{{"name", "a"}, {"id", "7"}};
  check_broken(read(key("a"), ReadResult::present(Value(without), "7")),
               "\"owner\" is kept by the server, and was not given");
  ReadKey asked = key("a");
  asked.known = Value(without);
  ReadResult unmoved = ReadResult::present(Value(without), "7");
  unmoved.unmoved = {Path("owner")};
  check_broken(read(asked, unmoved), "\"owner\" is kept by the server, and was not given");
  ReadResult unread = ReadResult::present(Value(without), "7");
  unread.unread = {Path("owner")};
  CHECK(read(key("a"), unread).status == ReadResult::Status::present);
  ApplyResult made = applied(without);
  const auto errors = check_apply(thing, Value(ValueMap{{"name", "a"}}), made);
  REQUIRE(errors.size() == 1);
  CHECK(has(errors[0].message, "\"owner\" is kept by the server, and was not given"));
  ApplyResult whole = applied({{"name", "a"}, {"id", "7"}, {"owner", "sealed"}});
  CHECK(check_apply(thing, Value(ValueMap{{"name", "a"}}), whole).empty());
  CHECK(whole.value->get("owner").sensitive());
}
