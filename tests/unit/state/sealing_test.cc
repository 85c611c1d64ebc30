#include <catch2/catch.hpp>

#include "engine/base/hash.h"
#include "tests/support/memory_file_system.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// No secret in the clear, nor in hex or base64 at any alignment.
void check_no_secret(const std::string& bytes) {
  CHECK(bytes.find(kSecret) == std::string::npos);
  CHECK(bytes.find(hex(kSecret)) == std::string::npos);
  for (std::size_t skip = 0; skip < 3; ++skip) {
    // Whole groups of the middle stay the same, whatever stands around.
    const std::string middle = base64(kSecret.substr(skip, (kSecret.size() - skip) / 3 * 3));
    CHECK(bytes.find(middle) == std::string::npos);
  }
}

void check_no_secret(const MemoryFileSystem& fs) {
  for (const std::string& name : fs.paths()) {
    CAPTURE(name);
    check_no_secret(*fs.get(name));
  }
}

std::string write_state(const std::string& dir, MemoryFileSystem& fs) {
  Opened a = open_state(dir, key_in_environment(), fs);
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  append_all(a, one_of_each(a.state));
  check_no_secret(fs);
  REQUIRE(a.session->commit(a.state).has_value());
  check_no_secret(fs);
  return dump(a.state);
}

std::string body(const std::string& snapshot) {
  const std::size_t begin = snapshot.find('\n');
  return snapshot.substr(begin, snapshot.rfind("{\"kind\":\"end\"") - begin);
}

}  // namespace

TEST_CASE("no secret is on disk in the clear", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  write_state(dir.path(), fs);
  CHECK(fs.get(dir / ".plumb/state.jsonl")->find("\"sealed\"") != std::string::npos);
  check_no_secret(slurp(dir / ".plumb/lock"));
}

TEST_CASE("what did not change keeps its sealed text", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  write_state(dir.path(), fs);
  const std::string before = *fs.get(dir / ".plumb/state.jsonl");
  Opened a = open_state(dir.path(), key_in_environment(), fs);
  InstanceRecord& record = a.state.instances.at(addr("postgres.role.a2"));
  record.server_id = "changed";
  REQUIRE(a.session->commit(a.state).has_value());
  std::string after = body(*fs.get(dir / ".plumb/state.jsonl"));
  const std::string changed = "\"server_id\":\"changed\"";
  REQUIRE(after.find(changed) != std::string::npos);
  after.replace(after.find(changed), changed.size(), "\"server_id\":\"16384\"");
  CHECK(after == body(before));

  record.attributes = with_value_at(record.attributes, path("password"), Value("another-secret").with_sensitive());
  REQUIRE(a.session->commit(a.state).has_value());
  CHECK(body(*fs.get(dir / ".plumb/state.jsonl")) != body(before));
  const std::string expected = dump(a.state);
  a.session.reset();
  CHECK(dump(open_state(dir.path(), key_in_environment(), fs).state) == expected);
}

TEST_CASE("without the key secrets are unavailable and survive unchanged", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  const std::string expected = write_state(dir.path(), fs);
  const std::string before = *fs.get(dir / ".plumb/state.jsonl");
  {
    Opened a = open_state(dir.path(), no_key(), fs);
    const InstanceRecord& record = a.state.instances.at(addr("postgres.role.a2"));
    CHECK(record.attributes.get("password").is_unavailable());
    CHECK(record.attributes.get("tree").is_unavailable());
    CHECK(record.attributes.get("items").as_list()[1].is_unavailable());
    CHECK(record.attributes.get("items").as_list()[2].is_null());
    CHECK(value_at(record.attributes, path("nested[\"deep key\"].token"))->is_unavailable());
    CHECK(record.deposed[0].attributes.get("password").is_unavailable());
    CHECK(a.state.outputs.at("password").value.is_unavailable());
    CHECK(record.attributes.get("ratio") == Value(0.1));
    // By way of the journal (an instance that is written again) and of the snapshot.
    InstanceRecord again = record;
    again.server_id = "moved on";
    append_all(a, {OutcomeDone{"", again}, OutputsSet{a.state.outputs}});
    a.session.reset();
    Opened b = open_state(dir.path(), no_key(), fs);
    CHECK(b.state.instances.at(addr("postgres.role.a2")).attributes.get("password").is_unavailable());
    again.server_id = "16384";
    append_all(b, {OutcomeDone{"", again}});
    b.state.servers["other"] = "x";
    REQUIRE(b.session->commit(b.state).has_value());
    CHECK(b.state.serial == 2);
    b.state.servers.erase("other");
    REQUIRE(b.session->commit(b.state).has_value());
  }
  CHECK(body(*fs.get(dir / ".plumb/state.jsonl")) == body(before));
  CHECK(dump(open_state(dir.path(), key_in_environment(), fs).state) == expected);
}

TEST_CASE("what became deposed without the key keeps its sealed text", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  write_state(dir.path(), fs);
  {
    Opened a = open_state(dir.path(), no_key(), fs);
    InstanceRecord record = a.state.instances.at(addr("postgres.role.a2"));
    record.deposed.push_back({"dep-2", record.identity, record.server_id, record.attributes});
    record.attributes = Value(ValueMap{{"name", "new"}});
    append_all(a, {OutcomeDone{"", record}});
    REQUIRE(a.session->commit(a.state).has_value());
  }
  Opened b = open_state(dir.path(), key_in_environment(), fs);
  const auto& deposed = b.state.instances.at(addr("postgres.role.a2")).deposed;
  REQUIRE(deposed.size() == 2);
  CHECK(deposed[1].attributes.get("password") == Value(kSecret));
  CHECK(deposed[0].attributes.get("password") == Value(kSecret + "-deposed"));
}

TEST_CASE("a marked container with an unavailable part is sealed around it", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  {
    Opened a = open_state(dir.path(), key_in_environment(), fs);
    REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
    InstanceRecord r;
    r.address = addr("core.value.v");
    r.uid = "uid-v";
    r.attributes = Value(ValueMap{{"box", Value(ValueMap{{"token", Value(kSecret).with_sensitive()}, {"n", 1}})}});
    append_all(a, {OutcomeDone{"", r}});
    REQUIRE(a.session->commit(a.state).has_value());
  }
  Opened b = open_state(dir.path(), no_key(), fs);
  InstanceRecord r = b.state.instances.at(addr("core.value.v"));
  r.attributes = Value(ValueMap{{"box", r.attributes.get("box").with_sensitive()}});
  // `n` became secret, and there is no key to seal it under: refused, never in the clear.
  const std::vector<JournalEvent> events{OutcomeDone{"", r}};
  CHECK_FALSE(b.session->append(b.state, events, true).has_value());
}

TEST_CASE("a secret without a key is refused", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  Opened a = open_state(dir.path(), key_in_environment(), fs);
  const std::vector<JournalEvent> events{OutcomeDone{"", full_record(a.state, "core.value.v", "uid")}};
  auto done = a.session->append(a.state, events, true);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().fault == Fault::internal);
  CHECK(done.error().next_step.find("ensure_key") != std::string::npos);
  fold_all(a.state, events);
  done = a.session->commit(a.state);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().fault == Fault::internal);
  check_no_secret(fs);
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  CHECK(a.session->append(a.state, events, true).has_value());
  check_no_secret(fs);
}

TEST_CASE("an identity with a secret is refused", "[state]") {
  const TempDir dir;
  Opened a = open_state(dir.path());
  REQUIRE(a.session->ensure_key(a.state, a.notes).has_value());
  Intent intent{
      "i", IntentAction::create, "u", addr("a.b.c"), "a", Value(ValueMap{{"name", Value(kSecret).with_sensitive()}}),
      ""};
  const std::vector<JournalEvent> events{intent};
  CHECK_FALSE(a.session->append(a.state, events, true).has_value());
  InstanceRecord record = full_record(a.state, "a.b.c", "u");
  record.identity = intent.identity;
  const std::vector<JournalEvent> more{OutcomeDone{"", record}};
  CHECK_FALSE(a.session->append(a.state, more, true).has_value());
}

TEST_CASE("another key is an error that names both", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  write_state(dir.path(), fs);
  const auto store = local_store(dir.path(), key_in_environment(kOtherHex), fs);
  const auto loaded = store->read();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().message.find(key_id(*from_hex(kRootHex))) != std::string::npos);
  CHECK(loaded.error().message.find(key_id(*from_hex(kOtherHex))) != std::string::npos);
  CHECK_FALSE(loaded.error().next_step.empty());
  State state;
  state.key_id = key_id(*from_hex(kRootHex));
  CHECK_FALSE(store->key(state).has_value());
  CHECK(local_store(dir.path(), key_in_environment(), fs)->key(state)->has_value());
  CHECK_FALSE(local_store(dir.path(), no_key(), fs)->key(state)->has_value());
}

TEST_CASE("sealed text that was moved to another place does not open", "[state]") {
  const TempDir dir;
  MemoryFileSystem fs;
  write_state(dir.path(), fs);
  // One instance's uid is changed, and the checksum with it.
  std::string text = *fs.get(dir / ".plumb/state.jsonl");
  const std::string uid = "\"uid\":\"uid-a\"";
  text.replace(text.find(uid), uid.size(), "\"uid\":\"uid-z\"");
  text.erase(text.rfind("{\"kind\":\"end\""));
  text += "{\"kind\":\"end\",\"sha256\":\"" + hex(bytes(sha256(text))) + "\"}\n";
  fs.put(dir / ".plumb/state.jsonl", text);
  const auto loaded = local_store(dir.path(), key_in_environment(), fs)->read();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().message.find("cannot be opened") != std::string::npos);
  CHECK(loaded.error().pos.line > 1);
}

TEST_CASE("ensure_key makes, finds and misses", "[state]") {
  const TempDir dir;
  KeySource home;
  home.environment["HOME"] = dir / "home";
  std::string root;
  {
    Opened a = open_state(dir.path(), home);
    const auto made = a.session->ensure_key(a.state, a.notes);
    REQUIRE(made.has_value());
    root = *made;
    REQUIRE(a.notes.size() == 1);
    CHECK(a.notes[0].find(dir / "home/.config/plumb/keys/" + a.state.lineage + ".key") != std::string::npos);
    CHECK(a.notes[0].find("Back it up") != std::string::npos);
    CHECK(a.state.key_id == key_id(root));
    CHECK(*a.session->ensure_key(a.state, a.notes) == root);
    CHECK(a.notes.size() == 1);
    append_all(a, {OutcomeDone{"", full_record(a.state, "core.value.v", "uid")}});
  }
  {
    // The journal alone tells which key it is.
    Opened b = open_state(dir.path(), home);
    CHECK(b.state.key_id == key_id(root));
    CHECK(b.state.instances.begin()->second.attributes.get("password") == Value(kSecret));
    REQUIRE(b.session->commit(b.state).has_value());
  }
  Opened c = open_state(dir.path(), no_key());
  const auto missing = c.session->ensure_key(c.state, c.notes);
  REQUIRE_FALSE(missing.has_value());
  CHECK(missing.error().message.find(key_id(root)) != std::string::npos);
  CHECK(missing.error().message.find("PLUMB_KEY") != std::string::npos);
  CHECK(missing.error().next_step.find("backup") != std::string::npos);
}
