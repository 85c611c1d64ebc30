// Secrets that the server gives back, vouches for, keeps by itself, or is sent by version.
#include <catch2/catch.hpp>

#include "engine/model/digest.h"
#include "engine/plan/kept.h"
#include "engine/plan/three_way.h"
#include "tests/support/plan_lines.h"
#include "tests/support/stack_fixture.h"

using namespace plumb;
using plumb::test::brief;
using plumb::test::StackFixture;

namespace {

const std::string kKey(32, 'k');

Value marked(ValueMap map) { return Value(std::move(map)).with_sensitive(); }

// A type with a map of secrets that can be read, labels of which some are secret, and a plain text.
struct Case {
  TypeSchema type;
  Value prior = Value::map(), live, desired;
  std::map<std::string, Value> sent;  // what the digests in the record are of
  std::vector<Path> unmoved;
  bool has_key = true, imported = false;

  Case() {
    type.name = "test.one";
    Attribute data, labels, plain;
    data.name = "data";
    data.type = map_type(string_type());
    data.optional = data.sensitive = true;
    labels = data;
    labels.name = "labels";
    labels.sensitive = false;
    plain.name = "plain";
    plain.type = string_type();
    plain.optional = true;
    type.attributes = {data, labels, plain};
  }

  ThreeWayResult run() const {
    InstanceRecord record;
    record.attributes = prior;
    for (const auto& [path, value] : sent) {
      record.digests[*Path::parse(path)] = value_digest(kKey, value);
      record.managed.emplace_back(std::string(Path::parse(path)->root()));
    }
    if (imported) record.managed.emplace_back("data");
    ReadResult now = ReadResult::present(live, "1");
    now.unmoved = unmoved;
    const std::vector<Path> none;
    const std::optional<std::string> key = has_key ? std::optional(kKey) : std::nullopt;
    return three_way({&type, &desired, &now, &record, &none, &key, nullptr});
  }
};

std::string said(const ThreeWayResult& result) {
  static const char* const kWhy[] = {"configuration", "drift", "unset", "released", "upstream", "outside"};
  std::string out;
  const auto add = [&](const std::string& text) { out += (out.empty() ? "" : ", ") + text; };
  for (const PathChange& change : result.drift) {
    add("drift " + change.path.str());
    CHECK((change.before.is_null() || change.before.sensitive()));
    CHECK((change.after.is_null() || change.after.sensitive()));
  }
  for (const PlannedPath& path : result.paths) add(path.path.str() + " " + kWhy[static_cast<int>(path.why)]);
  for (const Path& path : result.not_verified) add("not verified " + path.str());
  return out;
}

const ValueMap kBoth{{"key", "correct horse"}, {"user", "app"}};

Case applied() {
  Case c;
  c.desired = Value(ValueMap{{"data", marked(kBoth)}});
  c.live = Value(ValueMap{{"data", marked(kBoth)}});
  c.sent = {{"data", Value(kBoth)}};
  return c;
}

}  // namespace

TEST_CASE("secrets that can be read are held against the digest of what was sent") {
  Case c = applied();
  const auto live = [&](ValueMap map) { c.live = Value(ValueMap{{"data", marked(std::move(map))}}); };
  const auto want = [&](ValueMap map) { c.desired = Value(ValueMap{{"data", marked(std::move(map))}}); };
  SECTION("nothing moved") { CHECK(said(c.run()).empty()); }
  SECTION("a value was changed outside") {
    live({{"key", "battery staple"}, {"user", "app"}});
    CHECK(said(c.run()) == "drift data.key, data.key drift");
  }
  SECTION("a key was added outside") {
    live({{"key", "correct horse"}, {"more", "x"}, {"user", "app"}});
    CHECK(said(c.run()) == "drift data.more, data.more drift");
  }
  SECTION("a key was removed outside") {
    live({{"key", "correct horse"}});
    CHECK(said(c.run()) == "drift data.user, data.user drift");
  }
  SECTION("it was emptied outside") {
    live({});
    CHECK(said(c.run()) == "drift data.key, drift data.user, data.key drift, data.user drift");
  }
  SECTION("it is gone") {
    c.live = Value(ValueMap{{"data", Value()}});
    CHECK(said(c.run()) == "drift data, data drift");
  }
  SECTION("configuration moved") {
    want({{"key", "another"}, {"user", "app"}});
    CHECK(said(c.run()) == "data.key configuration");
  }
  SECTION("both moved: what was there before cannot be told, and configuration is the cause") {
    want({{"key", "another"}, {"user", "app"}});
    live({{"key", "battery staple"}, {"user", "app"}});
    CHECK(said(c.run()) == "drift data, data.key configuration");
  }
  SECTION("both moved to the same") {
    want({{"key", "another"}, {"user", "app"}});
    live({{"key", "another"}, {"user", "app"}});
    CHECK(said(c.run()) == "drift data");
  }
  SECTION("without the key drift cannot be told; what would change can") {
    c.has_key = false;
    CHECK(said(c.run()) == "not verified data");
    live({{"key", "battery staple"}, {"user", "app"}});
    CHECK(said(c.run()) == "data.key configuration, not verified data");
  }
  SECTION("a part of it is unavailable: equal inputs mean no change, the rest is compared") {
    want({{"key", Value::unavailable()}, {"user", "app"}});
    CHECK(said(c.run()) == "not verified data");
    want({{"key", Value::unavailable()}, {"user", "other"}});
    CHECK(said(c.run()) == "data.user configuration, not verified data");
  }
  SECTION("it leaves configuration") {
    c.desired = Value::map();
    CHECK(said(c.run()) == "data unset");
  }
  SECTION("taken in, with nothing known of what was sent") {
    c.sent.clear();
    c.imported = true;
    CHECK(said(c.run()).empty());
    live({{"key", "battery staple"}, {"user", "app"}});
    CHECK(said(c.run()) == "data.key configuration");
  }
  SECTION("never set, and there now") {
    c.sent.clear();
    c.desired = Value::map();
    CHECK(said(c.run()) == "drift data, data drift");
  }
}

TEST_CASE("secrets within open values are held against their digests, the rest against prior") {
  Case c;
  const Value secret = Value("correct horse").with_sensitive();
  c.prior = Value(ValueMap{{"labels", ValueMap{{"a", Value()}, {"b", "open"}}}});
  c.desired = Value(ValueMap{{"labels", ValueMap{{"a", secret}, {"b", "open"}}}});
  c.sent = {{"labels.a", secret}};
  c.live = Value(ValueMap{{"labels", ValueMap{{"a", "correct horse"}, {"b", "open"}}}});
  CHECK(said(c.run()).empty());
  c.live = Value(ValueMap{{"labels", ValueMap{{"a", "battery staple"}, {"b", "open"}}}});
  CHECK(said(c.run()) == "drift labels.a, labels.a drift");
  c.live = Value(ValueMap{{"labels", ValueMap{{"b", "open"}}}});
  CHECK(said(c.run()) == "drift labels.a, labels.a drift");
  c.live = Value(ValueMap{{"labels", ValueMap{{"a", "correct horse"}, {"b", "moved"}}}});
  const ThreeWayResult open = c.run();
  REQUIRE(open.drift.size() == 1);
  CHECK(open.drift[0].path.str() == "labels.b");
  CHECK(open.drift[0].after == Value("moved"));
}

TEST_CASE("what the server vouches for is compared unseen, and for certain") {
  Case c = applied();
  c.live = Value(ValueMap{{"plain", "a"}});
  c.unmoved = {Path("data")};
  SECTION("nothing moved") {
    c.prior = Value(ValueMap{{"plain", "a"}});
    c.desired = Value(ValueMap{{"data", marked(kBoth)}, {"plain", "a"}});
    CHECK(said(c.run()).empty());
  }
  SECTION("configuration moved") {
    c.live = Value::map();
    c.desired = Value(ValueMap{{"data", marked({{"key", "another"}, {"user", "app"}})}});
    CHECK(said(c.run()) == "data configuration");
  }
  SECTION("what is open is compared with prior") {
    c.prior = Value(ValueMap{{"plain", "a"}});
    c.live = Value::map();
    c.unmoved = {Path("data"), Path("plain")};
    c.desired = Value(ValueMap{{"data", marked(kBoth)}, {"plain", "a"}});
    CHECK(said(c.run()).empty());
    c.desired = Value(ValueMap{{"data", marked(kBoth)}, {"plain", "b"}});
    CHECK(said(c.run()) == "plain configuration");
  }
  SECTION("it leaves configuration") {
    c.live = Value::map();
    c.desired = Value::map();
    CHECK(said(c.run()) == "data unset");
  }
  SECTION("without the key it is not verified") {
    c.live = Value::map();
    c.has_key = false;
    CHECK(said(c.run()) == "not verified data");
  }
}

TEST_CASE("what can be compared unseen") {
  const TypeSchema type = Case().type;
  InstanceRecord record;
  CHECK(comparable_unseen(type, record, Path("data"), true));  // never set
  record.managed = {Path("data")};
  CHECK_FALSE(comparable_unseen(type, record, Path("data"), true));  // imported: nobody digested it
  CHECK(comparable_unseen(type, record, Path("plain"), false));
  record.digests[Path("data")] = "digest";
  CHECK(comparable_unseen(type, record, Path("data"), true));
  CHECK_FALSE(comparable_unseen(type, record, Path("data"), false));
  record.digests[Path("labels") / "a"] = "";  // too short for one
  CHECK_FALSE(comparable_unseen(type, record, Path("labels"), true));
}

TEST_CASE("a secret that nobody knows and that is ignored stays as configuration has it") {
  Case c = applied();
  c.type.attributes[0].write_only = true;
  c.live = Value(ValueMap{{"data", Value()}});
  InstanceRecord record;
  record.managed = {Path("data")};
  record.digests[Path("data")] = value_digest(kKey, Value("other"));
  ReadResult now = ReadResult::present(c.live, "1");
  now.unread = {Path("data")};
  const std::vector<Path> ignore{Path("data")};
  const std::optional<std::string> key = kKey;
  const ThreeWayResult result = three_way({&c.type, &c.desired, &now, &record, &ignore, &key, nullptr});
  CHECK(result.paths.empty());
  CHECK(result.planned.get("data") == Value(kBoth));
}
