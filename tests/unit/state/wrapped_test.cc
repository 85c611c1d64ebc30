// Root keys that something else wraps: made, opened, missing, and moved from and to other places.
#include <catch2/catch.hpp>
#include <filesystem>

#include "engine/base/hash.h"
#include "tests/unit/state/state_support.h"

using namespace plumb;
using namespace plumb::test;

namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

struct Home {
  TempDir top;
  std::string stack = top / "stack";
  std::shared_ptr<FakeVault> vault = std::make_shared<FakeVault>();
  KeySource keys = key_in_vault(vault), files;
  std::vector<std::string> notes;

  Home() {
    std::filesystem::create_directory(stack);
    keys.environment["XDG_CONFIG_HOME"] = files.environment["XDG_CONFIG_HOME"] = top / "config";
    files.wrapper = keys.wrapper;
  }

  State fill(const KeySource& source) {
    Opened opened = open_state(stack, source);
    REQUIRE(opened.session->ensure_key(opened.state, notes).has_value());
    append_all(opened, one_of_each(opened.state));
    REQUIRE(opened.session->commit(opened.state).has_value());
    return opened.state;
  }

  State rekey(const KeySource& source) {
    Opened opened = open_state(stack, source);
    const auto done = opened.session->rekey(opened.state, notes);
    if (!done.has_value()) FAIL(done.error().str());
    return opened.state;
  }

  Loaded load(const KeySource& source) const {
    auto loaded = local_store(stack, source)->read();
    if (!loaded.has_value()) FAIL(loaded.error().str());
    return *std::move(loaded);
  }

  Value secret(const KeySource& source) const { return load(source).state.outputs.at("password").value; }
  std::string snapshot() const { return slurp(stack + "/.plumb/state.jsonl"); }
};

const Value kOutput(kSecret + "-output");

}  // namespace

TEST_CASE("a wrapped key: only its wrapped form lies beside the state", "[state]") {
  Home home;
  home.vault->keys = {kRootHex};
  const State state = home.fill(home.keys);
  CHECK(state.wrapped_key == "fake:v1:" + kRootHex);
  CHECK(state.wrapped_by == "transit/keys/plumb");
  CHECK(state.key_id == key_id(*from_hex(kRootHex)));
  REQUIRE(home.notes.size() == 1);
  CHECK(home.notes[0] == "a root key was made, wrapped by the fake key plumb (id " + state.key_id +
                             "). Back the transit key up: without it the secrets of this state cannot be read");
  CHECK(has(home.snapshot(), "\"wrapped_key\":\"fake:v1:" + kRootHex + "\",\"wrapped_by\":\"transit/keys/plumb\""));
  CHECK_FALSE(std::filesystem::exists(home.top / "config"));
  // Opened once for each run, however often it is asked for.
  home.vault->opened = 0;
  const auto store = local_store(home.stack, home.keys);
  const auto loaded = store->read();
  REQUIRE(loaded.has_value());
  CHECK(loaded->notes.empty());
  CHECK(loaded->state.outputs.at("password").value == kOutput);
  CHECK(store->key(loaded->state)->has_value());
  CHECK(home.vault->opened == 1);
  CHECK(home.vault->made == 1);
}

TEST_CASE("a wrapped key in a journal alone", "[state]") {
  Home home;
  {
    Opened opened = open_state(home.stack, home.keys);
    REQUIRE(opened.session->ensure_key(opened.state, home.notes).has_value());
    append_all(opened, one_of_each(opened.state));  // and then it is killed
  }
  CHECK(has(slurp(home.stack + "/.plumb/journal"), "\"wrapped_key\":\"fake:v1:"));
  CHECK(home.secret(home.keys) == kOutput);
}

TEST_CASE("a wrapped key that cannot be opened: secrets are unavailable, and it is said why", "[state]") {
  Home home;
  const State before = home.fill(home.keys);
  home.vault->error =
      Error{"the fake key plumb cannot be used: the server is sealed", "unseal it", {}, Fault::environment};
  const Loaded loaded = home.load(home.keys);
  CHECK(loaded.state.outputs.at("password").value.is_unavailable());
  const std::string why =
      "the root key " + before.key_id + " cannot be had: the fake key plumb cannot be used: the server is sealed";
  CHECK(loaded.notes == std::vector<std::string>{why + "; unseal it"});
  Opened opened = open_state(home.stack, home.keys);
  for (int way = 0; way < 2; ++way) {
    const auto refused = way == 0 ? opened.session->ensure_key(opened.state, home.notes).map([](const auto&) {})
                                  : opened.session->rekey(opened.state, home.notes);
    REQUIRE_FALSE(refused.has_value());
    CHECK(refused.error().message == why);
    CHECK(refused.error().next_step == "unseal it");
  }
  // What is sealed stays as it was.
  append_all(opened, {PlanApplied{"later"}});
  REQUIRE(opened.session->commit(opened.state).has_value());
  opened.session.reset();
  home.vault->error.reset();
  CHECK(home.secret(home.keys) == kOutput);
}

TEST_CASE("a wrapped key that is wrongly configured is an error of every command", "[state]") {
  Home home;
  home.fill(home.keys);
  home.vault->error = Error{"the address would send the root key in clear text", "use https", {}, Fault::input};
  const auto loaded = local_store(home.stack, home.keys)->read();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(has(loaded.error().message, "the address would send the root key in clear text"));
}

TEST_CASE("what opens to another key is told", "[state]") {
  Home home;
  home.vault->keys = {kRootHex};
  const State state = home.fill(home.keys);
  std::string text = home.snapshot();
  CHECK(state.wrapped_key.ends_with(kRootHex));
  KeySource other = home.keys;
  other.wrapper = [&](const TransitSource& source, const auto& environment) -> Result<std::unique_ptr<KeyWrapper>> {
    struct Other final : KeyWrapper {
      Result<Fresh> make() override { return Fresh{}; }
      Result<std::string> open(const std::string&) override { return *from_hex(kOtherHex); }
      [[nodiscard]] std::string place() const override { return "another transit key"; }
      [[nodiscard]] std::string name() const override { return "transit/keys/plumb"; }
    };
    static_cast<void>(source);
    static_cast<void>(environment);
    return std::make_unique<Other>();
  };
  const auto loaded = local_store(home.stack, other)->read();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(has(loaded.error().message, "the root key in another transit key is " + key_id(*from_hex(kOtherHex)) +
                                        ", but the state is sealed under " + state.key_id));
}

TEST_CASE("rekey: from one wrapped key to the next", "[state]") {
  Home home;
  const State before = home.fill(home.keys);
  const State after = home.rekey(home.keys);
  CHECK(after.key_id != before.key_id);
  CHECK(after.wrapped_key != before.wrapped_key);
  CHECK(home.secret(home.keys) == kOutput);
  CHECK_FALSE(has(home.snapshot(), before.wrapped_key));
}

TEST_CASE("rekey: from a file to a wrapped key, and back", "[state]") {
  Home home;
  const State in_file = home.fill(home.files);
  CHECK(in_file.wrapped_key.empty());
  // Configured, it goes on with the key that it has, and says what to do.
  const Loaded loaded = home.load(home.keys);
  REQUIRE(loaded.notes.size() == 1);
  CHECK(has(loaded.notes[0], "`state.key` names a transit key, and the root key of this state lies in "));
  CHECK(loaded.state.outputs.at("password").value == kOutput);
  const State wrapped = home.rekey(home.keys);
  CHECK_FALSE(wrapped.wrapped_key.empty());
  CHECK(home.load(home.keys).notes.empty());
  CHECK(home.secret(home.keys) == kOutput);
  CHECK(has(home.notes.back(), "the old key " + in_file.key_id + " stays in "));
  // The way back: the file names no wrapper, state does.
  const std::string file = home.top / ("config/plumb/keys/" + wrapped.lineage + ".key");
  std::filesystem::rename(file, file + "." + in_file.key_id);
  const Loaded there = home.load(home.files);
  REQUIRE(there.notes.size() == 1);
  CHECK(there.notes[0] ==
        "the root key of this state is wrapped by transit/keys/plumb, and `state.key` does not say so: "
        "`plumb state rekey` makes one in " +
            file);
  const State back = home.rekey(home.files);
  CHECK(back.wrapped_key.empty());
  CHECK(back.wrapped_by.empty());
  CHECK(slurp(file).size() == 65);
  CHECK(home.load(home.files).notes.empty());
  CHECK(home.secret(home.files) == kOutput);
}

TEST_CASE("what wraps a key is named in state, or the state is broken", "[state]") {
  Home home;
  home.fill(home.keys);
  const auto broken = [&](const std::string& from, const std::string& to) {
    std::string text = home.snapshot();
    text.erase(text.rfind("{\"kind\":\"end\""));
    text.replace(text.find(from), from.size(), to);
    text += "{\"kind\":\"end\",\"sha256\":\"" + hex(bytes(sha256(text))) + "\"}\n";
    const TempDir other;
    std::filesystem::create_directory(other / ".plumb");
    spill(other / ".plumb/state.jsonl", text);
    const auto loaded = local_store(other.path(), home.keys)->read();
    return loaded.has_value() ? std::string() : loaded.error().message;
  };
  CHECK(has(broken(",\"wrapped_by\":\"transit/keys/plumb\"", ""), "its root key is wrapped by nobody knows what"));
  CHECK(has(broken("\"reference\":", "\"value\":1,\"reference\":"), "an output that is a reference has no value"));
  KeySource unknown = home.files;
  Opened opened = open_state(home.stack, home.keys);
  opened.state.wrapped_by = "kms";
  opened.state.applied_plans.emplace_back("later");
  REQUIRE(opened.session->commit(opened.state).has_value());
  opened.session.reset();
  const auto loaded = local_store(home.stack, unknown)->read();
  REQUIRE_FALSE(loaded.has_value());
  CHECK(has(loaded.error().message, "the root key is wrapped by kms, which this Plumb does not know"));
}
