// The fake provider: a server in memory that tests script, with the same contract as a real one.
//
//   auto server = std::make_shared<FakeServer>();
//   registry.add("fake", [server] { return std::make_unique<FakeKind>(server); });
//   server->add({.call = FakeCall::create, .identity = "b", .error = Error{"disk full", "Free some space"}});
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "engine/provider_api/provider.h"

namespace plumb {

// A schema that has something of everything. `NAME.thing` [name], which renames: server id `id`, `size` (default 1),
// `note`, `tags`, `owner` (computed too), `secret` (write-only), `zone` (immutable), `box` (its container).
// `NAME.box` [name], a container with a `label`. `NAME.link` [from, to], a link between two things with the power
// `admin`. `NAME.safe` [name] has secrets: `data`, which is read back and counted by `version`; `code` and `root`
// (create-only), both write-only and sent by `code_version` and `root_version`; `seal`, which the server makes and
// keeps, anew with each `turn`. Data sources: `NAME.thing` [name] gives `id`, `size` and `note`; `NAME.safe` [name]
// gives `data` and `version`. Configuration: `endpoint`, `token`.
ProviderSchema fake_schema(std::string name = "fake");

enum class FakeCall : std::uint8_t { configure, read, list, plan_facts, create, update, remove, read_data };
inline constexpr std::size_t kFakeCalls = 8;

// One call that the server saw.
struct FakeEvent {
  FakeCall call = FakeCall::configure;
  std::string type;         // empty for configure and plan_facts
  std::string identity;     // create, update, remove: as identity_text writes it
  std::size_t objects = 0;  // how many were asked for or about
  std::string intent_id;
  // `create fake.thing a`, `read fake.thing (3)`.
  [[nodiscard]] std::string str() const;
};

// What the fake tells of a write-only attribute: verifies, and tells nothing else.
std::string fake_evidence(const Value& secret);

// What shall happen at some calls. Of the rules that match a call, the first that is not used up holds.
struct FakeRule {
  FakeCall call = FakeCall::create;
  std::string type{};      // empty: any
  std::string identity{};  // empty: any; at a read, the rule holds for that object alone
  std::size_t skip = 0;    // this many matching calls go by first
  std::size_t times = std::numeric_limits<std::size_t>::max();  // then it holds for this many

  // When the error strikes. before: nothing was done. after: it was done, and the reply is lost. halfway: it was done,
  // and both the object and the error are told.
  enum class Moment : std::uint8_t { before, after, halfway };
  Moment moment = Moment::before;
  std::optional<Error> error{};                 // at plan_facts: the change is blocked
  std::chrono::milliseconds delay{0};           // slept before anything else
  std::function<void(const FakeEvent&)> run{};  // then called, on the caller's thread, without a lock
  std::function<Value(Value)> answer{};         // the value told instead of the true one
  std::vector<std::string> warnings{};          // told with a write's result
};

// The server that all instances made by one FakeKind talk to. Thread-safe. Checks what a real one would: that
// identities are unique, objects exist, containers exist and are empty before they go, and immutable attributes stay.
class FakeServer {
 public:
  explicit FakeServer(ProviderSchema schema = fake_schema());

  [[nodiscard]] const ProviderSchema& schema() const noexcept { return schema_; }

  // Script.
  void add(FakeRule rule);
  void clear_rules();
  // Afterwards only a configuration with this `token` is let in (else Fault::refused).
  void require_token(std::string token);
  // From now on a safe whose version is the one known to state is read without its `data`.
  void vouch(bool on = true);
  // Another server from now on: what configure tells.
  void set_identity(std::string identity);

  // Behind the engine's back. `identity` is as identity_text writes it.
  // Makes an object, or gives one other attributes; unset ones become what the server chooses.
  void put(const std::string& type, const Value& attributes);
  // False: there is no such object.
  bool change(const std::string& type, std::string_view identity, const std::string& attribute, Value value);
  bool erase(const std::string& type, std::string_view identity);
  // All attributes that the server holds, write-only ones too.
  [[nodiscard]] std::optional<Value> object(const std::string& type, std::string_view identity) const;
  [[nodiscard]] std::string server_id(const std::string& type, std::string_view identity) const;
  [[nodiscard]] std::size_t size(const std::string& type) const;

  // What it saw.
  [[nodiscard]] std::vector<FakeEvent> log() const;
  [[nodiscard]] std::vector<std::string> log_text() const;
  void clear_log();
  [[nodiscard]] std::size_t count(FakeCall call) const;
  // Creates, updates and removals.
  [[nodiscard]] std::size_t writes() const;
  // The most calls that were in flight at once since the log was cleared.
  [[nodiscard]] std::size_t most_at_once() const;

  // What FakeKind's instances call.
  Result<ServerInfo> configure(const Value& config);
  std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys);
  ListResult list(const TypeSchema& type);
  std::vector<ReadResult> read_data(const TypeSchema& type, std::span<const Value> configs);
  std::vector<PlanFacts> plan_facts(std::span<const ChangeRequest> changes);
  ApplyResult apply(const ChangeRequest& change);

 private:
  struct Object {
    Value attributes;
    std::string server_id;
  };
  struct Table {
    std::map<std::string, Object> objects;               // by identity_key
    std::unordered_map<std::string, std::string> by_id;  // server id -> identity_key
  };
  struct ScriptedRule {
    FakeRule rule;
    std::size_t seen = 0;
  };
  class Call;

  // All of these hold the lock already.
  const FakeRule* match(const FakeEvent& event);
  Object* find(const TypeSchema& type, const Value& identity, const std::string& server_id);
  const Object* find_text(const std::string& type, std::string_view identity) const;
  std::vector<std::string> containers_of(const TypeSchema& type, const Value& attributes) const;
  void store(const TypeSchema& type, Object object);
  void drop(const TypeSchema& type, const std::string& key);
  Value completed(const TypeSchema& type, const Value& desired, const Object& before) const;
  void keep_safe(const TypeSchema& type, Object& object, const Object& before);
  ReadResult told(const TypeSchema& type, const Object& object) const;
  ReadResult read_one(const TypeSchema& type, const ReadKey& key);
  Result<Object> create(const ChangeRequest& change);
  Result<Object> update(const ChangeRequest& change);
  Result<void> remove(const ChangeRequest& change);
  Result<void> check_containers(const TypeSchema& type, const Value& attributes) const;
  ApplyResult change_now(const ChangeRequest& change);

  const ProviderSchema schema_;
  mutable std::mutex mutex_;
  std::map<std::string, Table, std::less<>> tables_;
  std::unordered_map<std::string, std::size_t> inside_;  // container -> how many objects are in it
  std::vector<ScriptedRule> rules_;
  std::vector<FakeEvent> log_;
  std::array<std::size_t, kFakeCalls> counts_{};
  std::string token_, identity_ = "fake-server";
  bool token_needed_ = false, vouches_ = false;
  std::size_t next_id_ = 1, seals_ = 0, in_flight_ = 0, most_at_once_ = 0;
};

// A kind named by its server's schema. The server outlives what is made.
class FakeKind : public ProviderKind {
 public:
  explicit FakeKind(std::shared_ptr<FakeServer> server) : server_(std::move(server)) {}
  // A kind of this name with a server of its own.
  explicit FakeKind(std::string name = "fake") : FakeKind(std::make_shared<FakeServer>(fake_schema(std::move(name)))) {}

  [[nodiscard]] const ProviderSchema& schema() const override { return server_->schema(); }
  [[nodiscard]] std::unique_ptr<Provider> make() const override;
  [[nodiscard]] FakeServer& server() const noexcept { return *server_; }

 private:
  std::shared_ptr<FakeServer> server_;
};

}  // namespace plumb
