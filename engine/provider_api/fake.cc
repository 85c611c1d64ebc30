// The fake server's script and its calls; what it does with objects is in fake_objects.cc.
#include "engine/provider_api/fake.h"

#include <algorithm>
#include <thread>

#include "engine/base/hash.h"
#include "engine/model/digest.h"

namespace plumb {

namespace {

std::string_view call_name(FakeCall call) noexcept {
  switch (call) {
    case FakeCall::configure:
      return "configure";
    case FakeCall::read:
      return "read";
    case FakeCall::list:
      return "list";
    case FakeCall::plan_facts:
      return "plan_facts";
    case FakeCall::create:
      return "create";
    case FakeCall::update:
      return "update";
    case FakeCall::remove:
      return "remove";
    case FakeCall::read_data:
      return "read data";
  }
  return "?";
}

FakeCall call_of(Operation operation) noexcept {
  switch (operation) {
    case Operation::create:
      return FakeCall::create;
    case Operation::update:
      return FakeCall::update;
    case Operation::remove:
      return FakeCall::remove;
  }
  return FakeCall::create;
}

FakeEvent event_of(const ChangeRequest& change) {
  const Value& attributes = change.operation == Operation::create ? change.desired : change.prior;
  return {call_of(change.operation), change.type->name,
          identity_text(*change.type, identity_of(*change.type, attributes)), 1, change.intent_id};
}

class FakeProvider : public Provider {
 public:
  explicit FakeProvider(std::shared_ptr<FakeServer> server) : server_(std::move(server)) {}

  Result<ServerInfo> configure(const Value& config) override { return server_->configure(config); }
  std::vector<ReadResult> read_many(const TypeSchema& type, std::span<const ReadKey> keys) override {
    return server_->read_many(type, keys);
  }
  ListResult list(const TypeSchema& type) override { return server_->list(type); }
  std::vector<ReadResult> read_data(const TypeSchema& type, std::span<const Value> configs) override {
    return server_->read_data(type, configs);
  }
  std::vector<PlanFacts> plan_facts(std::span<const ChangeRequest> changes) override {
    return server_->plan_facts(changes);
  }
  ApplyResult apply(const ChangeRequest& change) override { return server_->apply(change); }
  [[nodiscard]] bool verify(const TypeSchema& /*type*/, const Path& /*path*/, const Value& secret,
                            const std::string& evidence) const override {
    return evidence == fake_evidence(secret);
  }

 private:
  std::shared_ptr<FakeServer> server_;
};

}  // namespace

std::string fake_evidence(const Value& secret) { return std::string(bytes(sha256(encode_value(secret)))); }

std::string FakeEvent::str() const {
  std::string out(call_name(call));
  if (!type.empty()) out += " " + type;
  if (!identity.empty()) return out + " " + identity;
  return call == FakeCall::configure ? out : out + " (" + std::to_string(objects) + ")";
}

// One call in flight: logs it, finds its rule, waits as that says. The rule is a copy, since scripts change.
class FakeServer::Call {
 public:
  Call(FakeServer& server, const FakeEvent& event) : server_(server) {
    {
      const std::lock_guard lock(server_.mutex_);
      server_.log_.push_back(event);
      ++server_.counts_[static_cast<std::size_t>(event.call)];
      server_.most_at_once_ = std::max(server_.most_at_once_, ++server_.in_flight_);
      if (const FakeRule* rule = server_.match(event)) rule_ = *rule;
    }
    if (rule_.delay.count() > 0) std::this_thread::sleep_for(rule_.delay);
    if (rule_.run) rule_.run(event);
  }
  ~Call() {
    const std::lock_guard lock(server_.mutex_);
    --server_.in_flight_;
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  [[nodiscard]] const std::optional<Error>& error() const noexcept { return rule_.error; }
  [[nodiscard]] bool strikes(FakeRule::Moment moment) const noexcept { return rule_.error && rule_.moment == moment; }
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return rule_.warnings; }
  [[nodiscard]] Value answer(Value value) const { return rule_.answer ? rule_.answer(std::move(value)) : value; }

 private:
  FakeServer& server_;
  FakeRule rule_;
};

FakeServer::FakeServer(ProviderSchema schema) : schema_(std::move(schema)) {}

void FakeServer::add(FakeRule rule) {
  const std::lock_guard lock(mutex_);
  rules_.push_back({std::move(rule), 0});
}

void FakeServer::clear_rules() {
  const std::lock_guard lock(mutex_);
  rules_.clear();
}

void FakeServer::require_token(std::string token) {
  const std::lock_guard lock(mutex_);
  token_ = std::move(token);
  token_needed_ = true;
}

void FakeServer::vouch(bool on) {
  const std::lock_guard lock(mutex_);
  vouches_ = on;
}

void FakeServer::set_identity(std::string identity) {
  const std::lock_guard lock(mutex_);
  identity_ = std::move(identity);
}

const FakeRule* FakeServer::match(const FakeEvent& event) {
  for (ScriptedRule& scripted : rules_) {
    const FakeRule& rule = scripted.rule;
    if (rule.call != event.call || (!rule.type.empty() && rule.type != event.type)) continue;
    if (!rule.identity.empty() && rule.identity != event.identity) continue;
    const std::size_t before = scripted.seen++;
    if (before >= rule.skip && before - rule.skip < rule.times) return &rule;
  }
  return nullptr;
}

Result<ServerInfo> FakeServer::configure(const Value& config) {
  const Call call(*this, {FakeCall::configure, {}, {}, 0, {}});
  if (call.error()) return fail(*call.error());
  const std::lock_guard lock(mutex_);
  if (token_needed_ && !(config.get("token") == Value(token_))) {
    return fail("the fake server refuses this token", "Give it the right one", {}, Fault::refused);
  }
  return ServerInfo{"1.0", identity_};
}

std::vector<ReadResult> FakeServer::read_many(const TypeSchema& type, std::span<const ReadKey> keys) {
  const Call call(*this, {FakeCall::read, type.name, {}, keys.size(), {}});
  if (call.error()) return std::vector<ReadResult>(keys.size(), ReadResult::unreadable(*call.error()));
  std::vector<ReadResult> out;
  out.reserve(keys.size());
  const std::lock_guard lock(mutex_);
  for (const ReadKey& key : keys) {
    out.push_back(read_one(type, key));
    if (out.back().status == ReadResult::Status::present) out.back().value = call.answer(std::move(out.back().value));
  }
  return out;
}

ListResult FakeServer::list(const TypeSchema& type) {
  const Call call(*this, {FakeCall::list, type.name, {}, 0, {}});
  ListResult out;
  out.error = call.error();
  if (out.error) return out;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, object] : tables_[type.name].objects) out.objects.push_back(told(type, object));
  out.complete = true;
  return out;
}

std::vector<ReadResult> FakeServer::read_data(const TypeSchema& type, std::span<const Value> configs) {
  const Call call(*this, {FakeCall::read_data, type.name, {}, configs.size(), {}});
  if (const auto error = call.error()) return std::vector<ReadResult>(configs.size(), ReadResult::unreadable(*error));
  std::vector<ReadResult> out;
  const std::lock_guard lock(mutex_);
  for (const Value& config : configs) {
    const std::string name = config.get("name").as_string();
    if (const FakeRule* rule = match({FakeCall::read_data, type.name, name, 1, {}}); rule != nullptr && rule->error) {
      out.push_back(ReadResult::unreadable(*rule->error));
      continue;
    }
    const Object* object = find_text(type.name, name);
    if (object == nullptr) {
      out.push_back(ReadResult::absent());
      continue;
    }
    ValueMap value;
    for (const Attribute& attribute : type.attributes)
      value.set(attribute.name, object->attributes.get(attribute.name));
    out.push_back(ReadResult::present(Value(std::move(value)), {}));
  }
  return out;
}

std::vector<PlanFacts> FakeServer::plan_facts(std::span<const ChangeRequest> changes) {
  const Call call(*this, {FakeCall::plan_facts, {}, {}, changes.size(), {}});
  std::vector<PlanFacts> out(changes.size());
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < changes.size(); ++i) {
    FakeEvent one = event_of(changes[i]);
    one.call = FakeCall::plan_facts;
    if (const FakeRule* rule = match(one)) out[i].blocked = rule->error;
  }
  return out;
}

ApplyResult FakeServer::apply(const ChangeRequest& change) {
  const Call call(*this, event_of(change));
  ApplyResult out;
  if (call.strikes(FakeRule::Moment::before)) {
    out.error = call.error();
    return out;
  }
  {
    const std::lock_guard lock(mutex_);
    out = change_now(change);
  }
  if (call.strikes(FakeRule::Moment::after) && !out.error) {
    out = ApplyResult{};
    out.error = call.error();
  } else if (call.strikes(FakeRule::Moment::halfway) && !out.error) {
    out.error = call.error();
  }
  if (out.value) out.value = call.answer(std::move(*out.value));
  out.warnings = call.warnings();
  return out;
}

std::vector<FakeEvent> FakeServer::log() const {
  const std::lock_guard lock(mutex_);
  return log_;
}

std::vector<std::string> FakeServer::log_text() const {
  std::vector<std::string> out;
  for (const FakeEvent& event : log()) out.push_back(event.str());
  return out;
}

void FakeServer::clear_log() {
  const std::lock_guard lock(mutex_);
  log_.clear();
  counts_.fill(0);
  most_at_once_ = in_flight_;
}

std::size_t FakeServer::count(FakeCall call) const {
  const std::lock_guard lock(mutex_);
  return counts_[static_cast<std::size_t>(call)];
}

std::size_t FakeServer::writes() const {
  return count(FakeCall::create) + count(FakeCall::update) + count(FakeCall::remove);
}

std::size_t FakeServer::most_at_once() const {
  const std::lock_guard lock(mutex_);
  return most_at_once_;
}

std::unique_ptr<Provider> FakeKind::make() const { return std::make_unique<FakeProvider>(server_); }

}  // namespace plumb
