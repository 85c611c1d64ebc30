#include "engine/plan/three_way.h"

#include <catch2/catch.hpp>

#include "engine/model/digest.h"
#include "engine/plan/kept.h"
#include "engine/provider_api/fake.h"

using namespace plumb;

namespace {

const std::string kKey(32, 'k');
const Value kSecret = Value("correct horse").with_sensitive();

Attribute attribute(const std::string& name, TypePtr type = string_type()) {
  Attribute out;
  out.name = name;
  out.type = std::move(type);
  out.optional = true;
  return out;
}

TypeSchema schema() {
  TypeSchema out;
  out.name = "test.one";
  Attribute plain = attribute("plain"), power = attribute("power", bool_type()), owner = attribute("owner"),
            comment = attribute("comment"), zone = attribute("zone"), local = attribute("local"),
            once = attribute("once"), labels = attribute("labels", map_type(string_type())),
            secret = attribute("secret");
  power.default_value = Value(false);
  owner.computed = true;
  comment.computed = comment.unsettable = true;
  zone.immutable = true;
  local.local = true;
  once.create_only = true;
  labels.computed = true;
  secret.sensitive = secret.write_only = true;
  out.attributes = {plain, power, owner, comment, zone, local, once, labels, secret};
  return out;
}

class Verifier : public Provider {
 public:
  Result<ServerInfo> configure(const Value&) override { return ServerInfo{}; }
  std::vector<ReadResult> read_many(const TypeSchema&, std::span<const ReadKey>) override { return {}; }
  ApplyResult apply(const ChangeRequest&) override { return {}; }
  [[nodiscard]] bool verify(const TypeSchema&, const Path&, const Value& secret,
                            const std::string& evidence) const override {
    return evidence == fake_evidence(secret);
  }
};

// Prior, live and desired of one object; `managed` follows from what was desired before.
struct Case {
  TypeSchema type = schema();
  ValueMap prior, live, desired;
  std::vector<std::string> managed;
  std::optional<std::string> digest, evidence_digest;  // in the record
  std::optional<Value> server_secret;                  // what the server can verify
  bool has_record = true, has_live = true, has_key = true, unread = false;
  std::vector<std::string> ignore;
  Verifier provider;

  ThreeWayResult run() {
    if (!prior.contains("power")) prior.set("power", false);
    if (!live.contains("power")) live.set("power", false);
    InstanceRecord record;
    record.attributes = Value(prior);
    for (const std::string& path : managed) record.managed.push_back(*Path::parse(path));
    if (digest) record.digests[Path("secret")] = *digest;
    if (evidence_digest) record.evidence[Path("secret")] = *evidence_digest;
    ReadResult now = ReadResult::present(Value(live), "1");
    if (server_secret) now.evidence[Path("secret")] = fake_evidence(*server_secret);
    if (unread) now.unread.emplace_back("secret");
    std::vector<Path> globs;
    for (const std::string& glob : ignore) globs.push_back(*Path::parse(glob));
    const Value want(desired);
    const std::optional<std::string> key = has_key ? std::optional(kKey) : std::nullopt;
    return three_way(
        {&type, &want, has_live ? &now : nullptr, has_record ? &record : nullptr, &globs, &key, &provider});
  }
};

std::string paths(const ThreeWayResult& result) {
  static const char* const kWhy[] = {"configuration", "drift", "unset", "released", "upstream", "outside", "elapsed"};
  std::string out;
  for (const PlannedPath& path : result.paths) {
    if (!out.empty()) out += ", ";
    out += path.path.str() + (path.forces_replacement ? "!" : "") + " " + kWhy[static_cast<int>(path.why)];
  }
  return out;
}

std::string drift(const ThreeWayResult& result) {
  std::string out;
  for (const PathChange& change : result.drift) out += (out.empty() ? "" : ", ") + change.path.str();
  return out;
}

}  // namespace

TEST_CASE("three-way: a plain path") {
  Case c;
  c.managed = {"plain"};
  c.prior = c.live = {{"plain", "a"}};
  SECTION("stays") {
    c.desired = {{"plain", "a"}};
    CHECK(paths(c.run()).empty());
    CHECK(drift(c.run()).empty());
  }
  SECTION("moves in configuration") {
    c.desired = {{"plain", "b"}};
    CHECK(paths(c.run()) == "plain configuration");
    CHECK(drift(c.run()).empty());
  }
  SECTION("moves on the server") {
    c.desired = {{"plain", "a"}};
    c.live.set("plain", "x");
    CHECK(paths(c.run()) == "plain drift");
    CHECK(drift(c.run()) == "plain");
  }
  SECTION("moves on both sides") {
    c.desired = {{"plain", "b"}};
    c.live.set("plain", "x");
    CHECK(paths(c.run()) == "plain configuration");
    CHECK(drift(c.run()) == "plain");
  }
  SECTION("moves on both sides to the same") {
    c.desired = {{"plain", "b"}};
    c.live.set("plain", "b");
    CHECK(paths(c.run()).empty());
  }
  SECTION("leaves configuration") {
    CHECK(paths(c.run()) == "plain unset");
    CHECK(c.run().planned.get("plain").is_null());
  }
  SECTION("without a refresh prior stands for live") {
    c.has_live = false;
    c.desired = {{"plain", "b"}};
    CHECK(paths(c.run()) == "plain configuration");
  }
  SECTION("is unknown") {
    c.desired = {{"plain", Value::unknown()}};
    CHECK(paths(c.run()) == "plain configuration");
  }
}

TEST_CASE("three-way: what was never set is unset, and is drift when it appears") {
  Case c;
  c.live = {{"plain", "x"}};
  CHECK(paths(c.run()) == "plain drift");
  CHECK(drift(c.run()) == "plain");
}

TEST_CASE("three-way: a static default is managed") {
  Case c;
  c.prior = {{"power", false}};
  c.live = {{"power", true}};
  CHECK(paths(c.run()) == "power drift");
  c.prior = {{"power", true}};
  c.managed = {"power"};
  CHECK(paths(c.run()) == "power unset");
  CHECK(c.run().planned.get("power") == Value(false));
}

TEST_CASE("three-way: what time alone has moved is put right, and is nobody's drift") {
  Case c;
  Attribute over = attribute("over", list_type(integer_type()));
  over.default_value = Value::list();
  over.elapses = true;
  Attribute left = attribute("left"), right = attribute("right");
  left.optional = right.optional = false;
  left.computed = right.computed = right.sensitive = true;
  left.follows = right.follows = {"plain", "over"};
  c.type.attributes.insert(c.type.attributes.end(), {over, left, right});
  c.prior = {{"over", Value::list()}, {"left", "a"}};
  c.live = {{"over", Value::list({1})}, {"left", "a"}, {"right", "b"}};
  const ThreeWayResult result = c.run();
  CHECK(paths(result) == "over elapsed");
  CHECK(drift(result).empty());
  CHECK(result.planned.get("left").is_unknown());
  CHECK(result.planned.get("right").is_unknown());
  CHECK(result.planned.get("right").sensitive());
  c.live.set("over", Value::list());
  CHECK(paths(c.run()).empty());
  CHECK(c.run().planned.get("left") == Value("a"));
}

TEST_CASE("three-way: another secret in the server's keeping is told by evidence, and stands") {
  Case c;
  for (Attribute& one : c.type.attributes) {
    if (one.name != "secret") continue;
    one.optional = one.write_only = false;
    one.computed = one.kept_by_server = true;
  }
  c.live = {{"secret", kSecret}};
  c.server_secret = kSecret;
  c.evidence_digest = bytes_digest(kKey, fake_evidence(kSecret));
  CHECK(drift(c.run()).empty());
  c.evidence_digest = bytes_digest(kKey, fake_evidence(Value("the one before")));
  CHECK(drift(c.run()) == "secret");
  CHECK(c.run().drift.front().before.sensitive());
  CHECK(c.run().drift.front().after.sensitive());
  CHECK(paths(c.run()).empty());
  CHECK(c.run().planned.get("secret") == kSecret);
  c.has_key = false;
  CHECK(drift(c.run()).empty());
  c.has_key = true;
  c.evidence_digest.reset();
  CHECK(drift(c.run()).empty());
}

TEST_CASE("three-way: optional and computed") {
  Case c;
  c.prior = {{"owner", "me"}, {"comment", "c"}};
  c.live = {{"owner", "other"}, {"comment", "d"}};
  SECTION("never set is not ours") {
    CHECK(paths(c.run()).empty());
    CHECK(drift(c.run()).empty());
    CHECK(c.run().planned.get("owner") == Value("other"));
  }
  SECTION("set is ours") {
    c.managed = {"owner"};
    c.desired = {{"owner", "me"}};
    CHECK(paths(c.run()) == "owner drift");
  }
  SECTION("what left configuration is released, or unset where that can be") {
    c.managed = {"comment", "owner"};
    const auto result = c.run();
    CHECK(paths(result) == "comment unset");
    REQUIRE(result.released.size() == 1);
    CHECK(result.released[0].str() == "owner");
    CHECK(result.planned.get("owner") == Value("other"));
  }
}

TEST_CASE("three-way: immutable paths force a replacement") {
  Case c;
  c.managed = {"zone"};
  c.prior = c.live = {{"zone", "a"}};
  c.desired = {{"zone", "b"}};
  CHECK(paths(c.run()) == "zone! configuration");
  CHECK(c.run().replace);
}

TEST_CASE("three-way: local and create-only paths") {
  Case c;
  c.managed = {"local", "once"};
  c.prior = {{"local", "a"}, {"once", "a"}};
  c.desired = {{"local", "b"}, {"once", "b"}};
  CHECK(paths(c.run()) == "local configuration");
  CHECK(drift(c.run()).empty());
  CHECK(c.run().planned.get("once") == Value("b"));
  // An object that is taken in was made with nobody knows what.
  c.has_record = false;
  CHECK(paths(c.run()).empty());
  CHECK(c.run().planned.get("local") == Value("b"));
}

TEST_CASE("three-way: free keys of a computed map") {
  Case c;
  const auto labels = [](ValueMap map) { return ValueMap{{"labels", Value(std::move(map))}}; };
  c.managed = {"labels.mine", "labels.old"};
  c.prior = labels({{"mine", "1"}, {"old", "1"}});
  c.live = labels({{"mine", "2"}, {"old", "1"}, {"theirs", "x"}});
  c.desired = labels({{"mine", "1"}});
  const auto result = c.run();
  CHECK(paths(result) == "labels.mine drift, labels.old configuration");
  CHECK(drift(result) == "labels.mine");
  CHECK(result.planned.get("labels").get("theirs") == Value("x"));
}

TEST_CASE("three-way: ignored paths stay as they are") {
  Case c;
  c.managed = {"plain", "zone"};
  c.prior = {{"plain", "a"}, {"zone", "a"}};
  c.live = {{"plain", "x"}, {"zone", "x"}};
  c.desired = {{"plain", "b"}, {"zone", "b"}};
  c.ignore = {"zone"};
  CHECK(paths(c.run()) == "plain configuration");
  CHECK(drift(c.run()) == "plain");
  CHECK_FALSE(c.run().replace);
  CHECK(c.run().planned.get("zone") == Value("x"));
}

TEST_CASE("three-way: secrets by what the server can verify") {
  Case c;
  c.managed = {"secret"};
  c.desired = {{"secret", kSecret}};
  c.digest = value_digest(kKey, kSecret);
  c.server_secret = kSecret;
  c.evidence_digest = bytes_digest(kKey, fake_evidence(kSecret));
  SECTION("nothing moved") { CHECK(paths(c.run()).empty()); }
  SECTION("the input moved") {
    c.desired = {{"secret", Value("another secret").with_sensitive()}};
    CHECK(paths(c.run()) == "secret configuration");
  }
  SECTION("the server moved") {
    c.server_secret = Value("changed there");
    const auto result = c.run();
    CHECK(paths(result) == "secret drift");
    CHECK(drift(result) == "secret");
    CHECK(result.drift[0].before.sensitive());
  }
  SECTION("the key is gone, but the input is known and verifies") {
    c.has_key = false;
    CHECK(paths(c.run()).empty());
  }
  SECTION("the key is gone with the secret") {
    c.has_key = false;
    c.desired = {{"secret", Value::unavailable()}};
    CHECK(paths(c.run()).empty());
    REQUIRE(c.run().not_verified.size() == 1);
  }
  SECTION("a short one is verified too") {
    const Value brief = Value("abc").with_sensitive();
    c.desired = {{"secret", brief}};
    c.digest = "";
    c.server_secret = brief;
    c.evidence_digest = bytes_digest(kKey, fake_evidence(brief));
    CHECK(paths(c.run()).empty());
    c.desired = {{"secret", Value("abd").with_sensitive()}};
    CHECK(paths(c.run()) == "secret configuration");
  }
  SECTION("an object that is taken in") {
    c.has_record = false;
    CHECK(paths(c.run()).empty());
    c.server_secret = Value("changed there");
    CHECK(paths(c.run()) == "secret outside");
  }
  SECTION("it was taken away on the server") {
    c.server_secret.reset();
    CHECK(paths(c.run()) == "secret drift");
    CHECK(drift(c.run()) == "secret");
  }
}

TEST_CASE("three-way: secrets that nobody can verify are compared by their digest") {
  Case c;
  c.managed = {"secret"};
  c.unread = true;
  c.desired = {{"secret", kSecret}};
  c.digest = value_digest(kKey, kSecret);
  SECTION("nothing moved, and plan says that it did not look") {
    CHECK(paths(c.run()).empty());
    REQUIRE(c.run().not_verified.size() == 1);
  }
  SECTION("the input moved") {
    c.desired = {{"secret", Value("another secret").with_sensitive()}};
    CHECK(paths(c.run()) == "secret configuration");
  }
  SECTION("it left configuration") {
    c.desired = {};
    CHECK(paths(c.run()) == "secret unset");
    c.has_live = false;
    CHECK(paths(c.run()) == "secret unset");
  }
  SECTION("the key is gone: equal inputs cannot be told, and count as equal") {
    c.has_key = false;
    CHECK(paths(c.run()).empty());
  }
  SECTION("it was never sent") {
    c.digest.reset();
    CHECK(paths(c.run()) == "secret configuration");
  }
  SECTION("what only a create uses is not looked at") {
    c.type.attributes.back().create_only = true;
    c.desired = {{"secret", Value("another one").with_sensitive()}};
    CHECK(paths(c.run()).empty());
    CHECK(c.run().not_verified.empty());
    CHECK(c.run().planned.get("secret") == Value("another one"));
  }
}

TEST_CASE("a create promises what is set, defaults, and unknown for the rest") {
  const Value planned = planned_create(schema(), Value(ValueMap{{"plain", "a"}}));
  CHECK(planned.get("plain") == Value("a"));
  CHECK(planned.get("power") == Value(false));
  CHECK(planned.get("owner").is_unknown());
  CHECK(planned.get("zone").is_null());
  CHECK(planned.get("secret").is_null());
}

TEST_CASE("records keep no secret that configuration gives") {
  const Value desired(ValueMap{{"plain", kSecret}, {"labels", Value(ValueMap{{"a", kSecret}, {"b", "open"}})}});
  const Value kept = kept_attributes(schema(), desired, desired);
  CHECK(kept.get("plain").is_null());
  CHECK(kept.get("labels").get("a").is_null());
  CHECK(kept.get("labels").get("b") == Value("open"));
  CHECK(managed_paths(schema(), desired) ==
        std::vector<Path>{*Path::parse("labels.a"), *Path::parse("labels.b"), *Path::parse("plain")});
}
