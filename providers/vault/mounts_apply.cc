// Making, moving, tuning and removing mounts.
#include <algorithm>
#include <thread>

#include "engine/model/address.h"
#include "engine/net/http.h"
#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/mounts.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

// As the API names what `config` of a mount and `tune` take.
constexpr const char* kTuned[] = {
    "default_lease_ttl",  "max_lease_ttl",  "audit_non_hmac_request_keys", "audit_non_hmac_response_keys",
    "listing_visibility", "plugin_version", "passthrough_request_headers", "allowed_response_headers",
    "token_type",
};
// The name of each in what is read, and in what is written.
constexpr std::pair<const char*, const char*> kLockout[] = {
    {"user_lockout_threshold", "lockout_threshold"},
    {"user_lockout_duration", "lockout_duration"},
    {"user_lockout_counter_reset_duration", "lockout_counter_reset_duration"},
    {"user_lockout_disable", "lockout_disable"},
};

// Durations are told in seconds, as text: the API takes that everywhere.
Value wire(const Attribute& attribute, const Value& value) {
  const Value out = to_wire(attribute, value);
  if (attribute.comparison == Comparison::duration && out.is_integer()) return Value(std::to_string(out.as_integer()));
  return out;
}

bool at_default(const Attribute& attribute, const Value& value) {
  return value.is_null() || (attribute.default_value && value == *attribute.default_value);
}

// All four at once: what one leaves out is kept.
Value lockout_body(const TypeSchema& type, const Value& desired) {
  std::vector<ValueMap::Entry> out;
  for (const auto& [read, written] : kLockout) {
    const Attribute* attribute = type.find(read);
    if (attribute == nullptr) continue;
    Value value = wire(*attribute, desired.get(read));
    if (value.is_integer()) value = Value(std::to_string(value.as_integer()));
    out.emplace_back(written, std::move(value));
  }
  return Value(ValueMap::from(std::move(out)));
}

bool lockout_wanted(const TypeSchema& type, const Value& desired) {
  return std::any_of(std::begin(kLockout), std::end(kLockout), [&](const auto& names) {
    const Attribute* attribute = type.find(names.first);
    return attribute != nullptr && !at_default(*attribute, desired.get(names.first));
  });
}

// An option is taken away by setting it to nothing.
Value options_body(const Value& before, const Value& after) {
  std::vector<ValueMap::Entry> out;
  if (before.is_map()) {
    for (const auto& [key, value] : before.as_map()) {
      if (after.find(key) == nullptr) out.emplace_back(key, Value(""));
    }
  }
  if (after.is_map()) {
    for (const auto& [key, value] : after.as_map()) {
      const Value* old = before.find(key);
      if (old == nullptr || !(*old == value)) out.emplace_back(key, value);
    }
  }
  return Value(ValueMap::from(std::move(out)));
}

bool is_kv2(const Value& attributes) {
  return text_of(attributes, "type") == "kv" && text_of(attributes.get("options"), "version") == "2";
}

// What is wrong with a call, if anything.
std::optional<Error> sent(Client& client, const Call& call) {
  auto answer = client.expect(call);
  return answer ? std::nullopt : std::optional(std::move(answer).error());
}

// A move is under way until its status says otherwise.
std::optional<Error> wait_for_move(Client& client, const std::string& id, const std::string& space,
                                   const std::string& what, milliseconds timeout) {
  Call call;
  call.path = "sys/remount/status/" + url_segment(id);
  call.space = space;
  const auto deadline = Clock::now() + (timeout.count() > 0 ? timeout : milliseconds(120'000));
  for (milliseconds pause(20);; pause = std::min(pause * 2, milliseconds(1000))) {
    auto answer = client.call(call);
    if (!answer) {
      Error error = std::move(answer).error();
      error.retry = Retry::outcome_unknown;
      return error;
    }
    const std::string status = text_or(answer->data().get("migration_info"), "status");
    if (status == "success") return std::nullopt;
    if (status == "failure") {
      return Error{what + ": the server says that it failed",
                   "look into the server's log for migration " + id,
                   {},
                   Fault::provider};
    }
    if (Clock::now() >= deadline) {
      return Error{what + ": it is still under way",
                   "give it more time with `timeouts:`, and run again",
                   {},
                   Fault::provider,
                   Retry::outcome_unknown};
    }
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace

std::optional<Error> wait_for_kv2(Client& client, const std::string& mount, const std::string& space,
                                  milliseconds timeout) {
  Call call;
  call.path = url_path(mount) + "/config";
  call.space = space;
  const auto deadline = Clock::now() + (timeout.count() > 0 ? timeout : milliseconds(60'000));
  for (milliseconds pause(10);; pause = std::min(pause * 2, milliseconds(500))) {
    auto answer = client.call(call);
    if (answer && answer->found()) return std::nullopt;
    // Who may not read the configuration cannot wait by it; whoever needs the store repeats its own call.
    if (!answer && answer.error().retry != Retry::later) return std::nullopt;
    if (Clock::now() >= deadline) {
      return answer ? Error{described(call) + " does not answer yet",
                            "wait until the server has set the store up, and run again",
                            {},
                            Fault::provider}
                    : std::move(answer).error();
    }
    std::this_thread::sleep_for(pause);
  }
}

Value MountType::create_body(const Value& desired) const {
  std::vector<ValueMap::Entry> body, config;
  for (const char* name : {"type", "description", "seal_wrap", "external_entropy_access"}) {
    body.emplace_back(name, desired.get(name));
  }
  body.emplace_back("local", desired.get("local_mount"));
  const Value options = desired.get("options");
  if (options.is_map() && !options.as_map().empty()) body.emplace_back("options", options);
  const auto add = [&](const char* name) {
    const Attribute* attribute = schema().find(name);
    if (attribute == nullptr || at_default(*attribute, desired.get(name))) return;
    config.emplace_back(name, wire(*attribute, desired.get(name)));
  };
  for (const char* name : kTuned) add(name);
  add("force_no_cache");
  if (!config.empty()) body.emplace_back("config", Value(ValueMap::from(std::move(config))));
  return Value(ValueMap::from(std::move(body)));
}

Value MountType::tune_body(const ChangeRequest& change) const {
  std::vector<ValueMap::Entry> body;
  for (const char* name : kTuned) {
    const Attribute* attribute = schema().find(name);
    if (attribute == nullptr || !is_changed(change, name)) continue;
    body.emplace_back(name, wire(*attribute, change.desired.get(name)));
  }
  if (is_changed(change, "description")) body.emplace_back("description", change.desired.get("description"));
  if (is_changed(change, "options")) {
    body.emplace_back("options", options_body(change.prior.get("options"), change.desired.get("options")));
  }
  const bool lockout = std::any_of(std::begin(kLockout), std::end(kLockout),
                                   [&](const auto& names) { return is_changed(change, names.first); });
  if (lockout) body.emplace_back("user_lockout_config", lockout_body(schema(), change.desired));
  return Value(ValueMap::from(std::move(body)));
}

std::optional<Error> MountType::tune(Client& client, const ChangeRequest& change, Value body) const {
  Call call;
  call.method = "POST";
  call.path = collection() + '/' + url_path(text_or(change.desired, "path")) + "/tune";
  call.space = space_of(change.desired);
  call.body = std::move(body);
  call.timeout = change.timeout;
  return sent(client, call);
}

std::optional<Error> MountType::create(Client& client, const ChangeRequest& change) const {
  const std::string path = text_or(change.desired, "path");
  Call call;
  call.method = "POST";
  call.path = collection() + '/' + url_path(path);
  call.space = space_of(change.desired);
  call.body = create_body(change.desired);
  call.timeout = change.timeout;
  return sent(client, call);
}

std::optional<Error> MountType::move(Client& client, const ChangeRequest& change) const {
  const std::string folder = kind_ == MountKind::auth ? "auth/" : "";
  const std::string from = folder + text_or(change.prior, "path");
  const std::string to = folder + text_or(change.desired, "path");
  Call call;
  call.method = "POST";
  call.path = "sys/remount";
  call.space = space_of(change.desired);
  call.body = Value(ValueMap{{"from", from}, {"to", to}});
  call.timeout = change.timeout;
  auto answer = client.call(call);
  if (!answer) return std::move(answer).error();
  const auto id = text_of(answer->data(), "migration_id");
  if (!id) return std::nullopt;  // done at once
  return wait_for_move(client, *id, call.space, "moving " + from + " to " + to, change.timeout);
}

std::optional<Error> MountType::update(Client& client, const ChangeRequest& change, bool& touched) const {
  if (text_or(change.prior, "path") != text_or(change.desired, "path")) {
    if (auto error = move(client, change)) return error;
    touched = true;
  }
  Value body = tune_body(change);
  if (body.as_map().empty()) return std::nullopt;
  auto error = tune(client, change, std::move(body));
  touched = touched || !error;
  return error;
}

ApplyResult MountType::remove(Client& client, const ChangeRequest& change) const {
  const std::string path = text_or(change.prior, "path");
  if (built_in(kind_, path) != nullptr) return {};  // facts said that it stays
  Call call;
  call.method = "DELETE";
  call.path = collection() + '/' + url_path(path);
  call.space = space_of(change.prior);
  // All leases below it are revoked first.
  call.timeout = change.timeout.count() > 0 ? change.timeout : milliseconds(300'000);
  auto answer = client.call(call);
  if (!answer) return failed(std::move(answer).error());
  return {};
}

// In a namespace that the same plan makes, nobody could see in plan that it is there.
ApplyResult MountType::take_in(Client& client, const ChangeRequest& change) const {
  const ReadKey key{change.desired, {}, {}};
  ReadResult now = std::move(read(client, Keys(&key, 1)).front());
  if (now.status != ReadResult::Status::present) {
    return failed(now.status == ReadResult::Status::unreadable
                      ? std::move(now.error)
                      : Error{quoted(text_or(change.desired, "path")) + " is not there, and cannot be made",
                              "check the namespace, and whether it is there",
                              {},
                              Fault::provider});
  }
  ChangeRequest tuning = change;
  tuning.operation = Operation::update;
  tuning.prior = now.value;
  tuning.server_id = now.server_id;
  for (const Attribute& attribute : schema().attributes) {
    const Value wanted = change.desired.get(attribute.name);
    const bool ours = attribute.required || attribute.optional;
    if (ours && !(wanted == now.value.get(attribute.name))) tuning.changed.emplace_back(attribute.name);
  }
  return apply(client, tuning);
}

ApplyResult MountType::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::remove) return remove(client, change);
  if (change.operation == Operation::create && built_in(kind_, text_or(change.desired, "path")) != nullptr) {
    return take_in(client, change);
  }
  std::optional<Error> error;
  if (change.operation == Operation::create) {
    if (auto refused = create(client, change)) return failed(std::move(*refused));
    if (lockout_wanted(schema(), change.desired)) {
      error = tune(client, change, Value(ValueMap{{"user_lockout_config", lockout_body(schema(), change.desired)}}));
    }
  } else {
    bool touched = false;
    error = update(client, change, touched);
    if (error && !touched) return failed(std::move(*error));
  }
  if (!error && is_kv2(change.desired) && (change.operation == Operation::create || is_changed(change, "options"))) {
    error = wait_for_kv2(client, text_or(change.desired, "path"), space_of(change.desired), change.timeout);
  }
  const ReadKey key{change.desired, change.server_id, Value()};
  ReadResult now = std::move(read(client, Keys(&key, 1)).front());
  ApplyResult out;
  out.error = std::move(error);
  if (now.status == ReadResult::Status::present) {
    out.value = std::move(now.value);
    out.server_id = std::move(now.server_id);
    return out;
  }
  if (out.error) return out;
  out.error = now.status == ReadResult::Status::unreadable
                  ? std::move(now.error)
                  : Error{quoted(text_or(change.desired, "path")) + " was mounted, and yet it is not there",
                          "plan again",
                          {},
                          Fault::provider};
  out.error->retry = Retry::outcome_unknown;
  return out;
}

std::vector<Need> MountType::needs(const ChangeRequest& change) const {
  const bool removes = change.operation == Operation::remove;
  const Value& attributes = removes ? change.prior : change.desired;
  const std::string path = text_or(attributes, "path");
  const std::string space = space_of(attributes);
  std::vector<Need> out;
  if (change.operation == Operation::create) {
    out.push_back({collection() + '/' + path, space, "update"});
  } else if (removes) {
    if (built_in(kind_, path) != nullptr) return out;
    out.push_back({collection() + '/' + path, space, "delete"});
  } else {
    if (text_or(change.prior, "path") != path) {
      out.push_back({"sys/remount", space, "update"});
      out.push_back({"sys/remount", space, "sudo"});
    }
    if (!tune_body(change).as_map().empty()) out.push_back({collection() + '/' + path + "/tune", space, "update"});
  }
  // The server keeps its auth methods to whom it trusts most.
  if (kind_ == MountKind::auth && !out.empty() && out.back().path != "sys/remount") {
    out.push_back({out.back().path, space, "sudo"});
  }
  return out;
}

void MountType::facts(Client& client, std::span<const ChangeRequest* const> changes,
                      std::span<PlanFacts* const> facts) const {
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    const std::string path = text_or(change.prior, "path");
    const bool always = change.prior.is_map() && built_in(kind_, path) != nullptr;
    if (always && change.operation == Operation::remove) {
      facts[i]->warnings.push_back('`' + path + "` always exists: state forgets it, and the server keeps it as it is");
    } else if (always && (change.operation == Operation::create || is_changed(change, "path"))) {
      facts[i]->blocked = Error{'`' + path + "` always exists: it is neither moved nor made anew",
                                "put the old attributes back; or remove the block, and make a mount of another path"};
    } else if (always && kind_ == MountKind::engine && !client.server().openbao() && !change.changed.empty()) {
      facts[i]->blocked = Error{client.server().name() + " cannot tune `" + path + '`',
                                "remove `" + change.changed.front().str() + "`; OpenBao can"};
    } else if (change.operation == Operation::update && is_kv2(change.prior) &&
               text_of(change.desired.get("options"), "version") == "1") {
      facts[i]->blocked = Error{"a key-value store cannot go back from version 2 to 1",
                                "write `type: kv-v2`, or move what it holds to a mount of its own"};
    }
  }
}

}  // namespace plumb::vault
