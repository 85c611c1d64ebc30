// A new root key: everything stays readable, nothing is lost on the way.
#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/base/hash.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

// A stack and the place of its keys.
struct Home {
  TempDir top;
  KeySource keys;
  std::string stack = top / "stack";

  Home() {
    std::filesystem::create_directory(stack);
    keys.environment["XDG_CONFIG_HOME"] = top / "config";
  }

  std::string key_file(const State& state) const { return top / "config/plumb/keys/" + state.lineage + ".key"; }

  // A state with secrets, sealed under its first key.
  State fill() {
    Opened opened = open_state(stack, keys);
    std::vector<std::string> notes;
    REQUIRE(opened.session->ensure_key(opened.state, notes).has_value());
    append_all(opened, one_of_each(opened.state));
    REQUIRE(opened.session->commit(opened.state).has_value());
    return opened.state;
  }
  State load() const {
    auto loaded = local_store(stack, keys)->read();
    if (!loaded.has_value()) FAIL(loaded.error().str());
    return std::move(loaded->state);
  }
};

// Less what a new key cannot keep.
std::string dump_without_digests(State state) {
  for (auto& [address, record] : state.instances) {
    for (auto& [path, digest] : record.digests) digest.clear();
    record.evidence.clear();
    record.trigger.clear();
  }
  state.key_id.clear();
  return dump(state);
}

}  // namespace

TEST_CASE("a new key: what was sealed can be read, and the old key stays beside it", "[state]") {
  Home home;
  const State before = home.fill();
  const std::string old_text = slurp(home.key_file(before));
  std::vector<std::string> notes;
  {
    Opened opened = open_state(home.stack, home.keys);
    const auto done = opened.session->rekey(opened.state, notes);
    if (!done.has_value()) FAIL(done.error().str());
  }
  const State after = home.load();
  CHECK(after.key_id != before.key_id);
  CHECK(after.serial == before.serial + 1);
  CHECK(dump_without_digests(after) == dump_without_digests(before));
  CHECK(slurp(home.key_file(before)) != old_text);
  CHECK(slurp(home.key_file(before) + "." + before.key_id) == old_text);
  CHECK_FALSE(std::filesystem::exists(home.key_file(before) + "." + after.key_id));
  for (const std::string& file : {home.key_file(before), home.key_file(before) + "." + before.key_id}) {
    CHECK((std::filesystem::status(file).permissions() & std::filesystem::perms::mask) ==
          (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
  }
  std::string said;
  for (const std::string& note : notes) said += note + "\n";
  CHECK(said.find("the new root key is in " + home.key_file(before) + " (id " + after.key_id + ")") !=
        std::string::npos);
  CHECK(said.find("cannot be compared until the next apply") != std::string::npos);
  CHECK(said.find(old_text.substr(0, 64)) == std::string::npos);
}

TEST_CASE("digests are dropped, and that there was a secret is not forgotten", "[state]") {
  Home home;
  const State before = home.fill();
  std::size_t digests = 0;
  for (const auto& [address, record] : before.instances) digests += record.digests.size();
  REQUIRE(digests > 0);
  Opened opened = open_state(home.stack, home.keys);
  std::vector<std::string> notes;
  REQUIRE(opened.session->rekey(opened.state, notes).has_value());
  for (const auto& [address, record] : home.load().instances) {
    CHECK(record.digests.size() == before.instances.at(address).digests.size());
    for (const auto& [path, digest] : record.digests) CHECK(digest.empty());
    CHECK(record.evidence.empty());
  }
}

TEST_CASE("interrupted after the state was written, and before the key took its place", "[state]") {
  Home home;
  const State before = home.fill();
  const std::string file = home.key_file(before);
  const std::string old_text = slurp(file);
  {
    Opened opened = open_state(home.stack, home.keys);
    std::vector<std::string> notes;
    REQUIRE(opened.session->rekey(opened.state, notes).has_value());
  }
  const State after = home.load();
  // As it was in between.
  std::filesystem::rename(file, file + "." + after.key_id);
  std::filesystem::rename(file + "." + before.key_id, file);
  CHECK(dump(home.load()) == dump(after));
  // The next one tidies up and loses no key.
  Opened opened = open_state(home.stack, home.keys);
  std::vector<std::string> notes;
  REQUIRE(opened.session->rekey(opened.state, notes).has_value());
  CHECK(slurp(file + "." + before.key_id) == old_text);
  CHECK(std::filesystem::exists(file + "." + after.key_id));
  CHECK(dump_without_digests(home.load()) == dump_without_digests(after));
}

TEST_CASE("an older state of the history finds its key beside the new one", "[state]") {
  Home home;
  const State before = home.fill();
  {
    Opened opened = open_state(home.stack, home.keys);
    std::vector<std::string> notes;
    REQUIRE(opened.session->rekey(opened.state, notes).has_value());
  }
  std::filesystem::copy_file(home.stack + "/.plumb/history/state." + std::to_string(before.serial) + ".jsonl",
                             home.stack + "/.plumb/state.jsonl", std::filesystem::copy_options::overwrite_existing);
  CHECK(dump(home.load()) == dump(before));
}

TEST_CASE("a state without a key gets its first one", "[state]") {
  Home home;
  std::vector<std::string> notes;
  {
    Opened opened = open_state(home.stack, home.keys);
    REQUIRE(opened.session->rekey(opened.state, notes).has_value());
  }
  const State after = home.load();
  CHECK_FALSE(after.key_id.empty());
  CHECK(std::filesystem::exists(home.key_file(after)));
  REQUIRE(notes.size() == 1);
  CHECK(notes[0].starts_with("a root key was made: "));
}

TEST_CASE("a key in the environment is followed by another", "[state]") {
  Home home;
  home.keys.environment["PLUMB_KEY"] = kRootHex;
  const State before = home.fill();
  Opened opened = open_state(home.stack, home.keys);
  std::vector<std::string> notes;
  const auto refused = opened.session->rekey(opened.state, notes);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().message ==
        "the key of this state is in the variable PLUMB_KEY, and there is no new one in PLUMB_KEY_NEW");
  CHECK(refused.error().next_step.find("openssl rand -hex 32") != std::string::npos);
  CHECK(dump(home.load()) == dump(before));
  opened.session.reset();

  home.keys.environment["PLUMB_KEY_NEW"] = kOtherHex;
  Opened again = open_state(home.stack, home.keys);
  REQUIRE(again.session->rekey(again.state, notes).has_value());
  REQUIRE(notes.size() == 2);
  CHECK(notes[1].starts_with("from now on PLUMB_KEY must hold what PLUMB_KEY_NEW held"));
  home.keys.environment["PLUMB_KEY"] = kOtherHex;
  CHECK(dump_without_digests(home.load()) == dump_without_digests(before));
}

TEST_CASE("without its key a state cannot be rekeyed", "[state]") {
  Home home;
  const State before = home.fill();
  std::filesystem::rename(home.key_file(before), home.top / "aside");
  Opened opened = open_state(home.stack, home.keys);
  std::vector<std::string> notes;
  const auto done = opened.session->rekey(opened.state, notes);
  REQUIRE_FALSE(done.has_value());
  CHECK(done.error().message == "the root key " + before.key_id + " is missing, so its secrets cannot be opened");
  std::filesystem::rename(home.top / "aside", home.key_file(before));
  CHECK(dump(home.load()) == dump(before));
}
