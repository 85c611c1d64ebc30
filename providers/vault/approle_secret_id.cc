// A secret-id of an AppRole. The server tells it once, and then knows it by an accessor only.
//
// Which one is which: our label stands in its metadata. Who has not kept the secret-id has no use for one that is
// there, so a read by the label alone answers that there is none, and a create first destroys what carries the label:
// when the answer to a create was lost, the next one leaves exactly one behind.
#include <algorithm>

#include "engine/model/json_text.h"
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/auth_parts.h"
#include "providers/vault/secret_id_calls.h"
#include "providers/vault/types.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

using namespace attributes;

namespace {

// What nobody can read again.
constexpr const char* kShownOnce[] = {"secret_id", "wrapping_token", "wrapping_accessor"};

Value plain_metadata(const Value& raw) {
  if (!raw.is_map()) return Value::map();
  ValueMap out = raw.as_map();
  out.erase(kLabel);
  return Value(std::move(out));
}

class SecretId : public Type {
 public:
  using Type::Type;

  Results read(Client& client, Keys keys) const override;
  ApplyResult apply(Client& client, const ChangeRequest& change) const override;
  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override;
  [[nodiscard]] std::vector<Need> needs(const ChangeRequest& change) const override;
  void facts(Client& client, std::span<const ChangeRequest* const> changes,
             std::span<PlanFacts* const> facts) const override;

 private:
  [[nodiscard]] Value decode(const Value& identity, const Value& known, const Value& data) const;
  [[nodiscard]] ReadResult used_up(const ReadKey& key, const std::string& accessor) const;
  ApplyResult create(Client& client, const ChangeRequest& change) const;
  ApplyResult update(const ChangeRequest& change) const;
  ApplyResult remove(Client& client, const ChangeRequest& change) const;
  ApplyResult made(Client& client, const ChangeRequest& change, const Answer& answer) const;
  [[nodiscard]] Call creating(const ChangeRequest& change) const;
};

std::string accessor_of(const ReadKey& key) {
  return key.server_id.empty() ? text_or(key.known, "accessor") : key.server_id;
}

ReadResult with_what_state_keeps(ReadResult result, const ReadKey& key) {
  for (const char* name : kShownOnce) (key.known.is_map() ? result.unmoved : result.unread).emplace_back(name);
  return result;
}

Results SecretId::read(Client& client, Keys keys) const {
  Results results(keys.size());
  std::vector<Call> calls;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const std::string accessor = accessor_of(keys[i]);
    if (accessor.empty()) continue;
    calls.push_back(accessor_call(keys[i].identity, "lookup", accessor));
    of.push_back(i);
  }
  if (calls.empty()) return results;
  auto answers = client.call_all(calls);
  for (std::size_t at = 0; at < answers.size(); ++at) {
    const ReadKey& key = keys[of[at]];
    ReadResult& result = results[of[at]];
    Found what = found(answers[at]);
    // The server answers 500 when there is no such role.
    if (what == Found::unclear && answers[at].error().fault == Fault::provider && no_such_role(client, key.identity)) {
      what = Found::no_role;
    }
    switch (what) {
      case Found::there:
        result = with_what_state_keeps(
            ReadResult::present(decode(key.identity, key.known, answers[at]->data()), accessor_of(key)), key);
        break;
      case Found::used_up:
        result = used_up(key, accessor_of(key));
        break;
      case Found::no_role:
        break;
      case Found::unclear:
        result = ReadResult::unreadable(std::move(answers[at]).error());
        break;
    }
  }
  return results;
}

// Used up or expired is what a secret-id is for: it stays as it was, unless there shall always be one.
ReadResult SecretId::used_up(const ReadKey& key, const std::string& accessor) const {
  if (!key.known.is_map() || flag_of(key.known, "keep").value_or(false)) return ReadResult::absent();
  std::vector<ValueMap::Entry> entries;
  for (const Attribute& attribute : schema().attributes) {
    const Value* part = schema().is_identity(attribute.name) ? key.identity.find(attribute.name) : nullptr;
    if (part == nullptr) part = key.known.find(attribute.name);
    if (part != nullptr && !part->is_null()) entries.emplace_back(attribute.name, *part);
  }
  return with_what_state_keeps(ReadResult::present(Value(ValueMap::from(std::move(entries))), accessor), key);
}

Value SecretId::decode(const Value& identity, const Value& known, const Value& data) const {
  const auto as = [&](const char* name, const char* read_name) {
    return from_wire(*schema().find(name), data.get(read_name));
  };
  ValueMap out;
  for (const IdentityPart& part : schema().identity) out.set(part.attribute, identity.get(part.attribute));
  out.set("accessor", data.get("secret_id_accessor"));
  out.set("cidr_list", as("cidr_list", "cidr_list"));
  out.set("token_bound_cidrs", as("token_bound_cidrs", "token_bound_cidrs"));
  out.set("metadata", plain_metadata(data.get("metadata")));
  out.set("ttl", as("ttl", "secret_id_ttl"));
  // The server tells how many uses are left.
  Value uses = as("num_uses", "secret_id_num_uses");
  const auto before = integer_of(known, "num_uses");
  if (before && uses.is_integer() && uses.as_integer() > 0 && uses.as_integer() < *before) uses = Value(*before);
  out.set("num_uses", std::move(uses));
  return Value(std::move(out));
}

ApplyResult SecretId::apply(Client& client, const ChangeRequest& change) const {
  switch (change.operation) {
    case Operation::create:
      return create(client, change);
    case Operation::update:
      return update(change);
    case Operation::remove:
      return remove(client, change);
  }
  return {};
}

ApplyResult SecretId::create(Client& client, const ChangeRequest& change) const {
  const Value& desired = change.desired;
  if (auto done = destroy_leftovers(client, desired); !done) {
    Error error = std::move(done).error();
    if (error.retry == Retry::outcome_unknown) error.retry = Retry::at_once;  // nothing of ours was made yet
    return failed(std::move(error));
  }
  auto answer = client.call(creating(change));
  if (!answer) {
    Error error = std::move(answer).error();
    // 500 is how the server refuses ranges that the role does not allow. What was made all the same is a leftover.
    if (error.fault == Fault::provider && error.retry == Retry::outcome_unknown) {
      error.retry = Retry::never;
      error.next_step = "Mend what the server names";
    }
    return failed(std::move(error));
  }
  if (!answer->found()) {
    return failed(
        Error{"there is no role " + plain_role_path(desired), "Make it first, or check its name", {}, Fault::provider});
  }
  return made(client, change, *answer);
}

Call SecretId::creating(const ChangeRequest& change) const {
  const Value& desired = change.desired;
  const Value given = desired.get("secret_id");
  Call call;
  call.method = "POST";
  call.path = role_path(desired) + (given.is_string() ? "/custom-secret-id" : "/secret-id");
  call.space = space_of(desired);
  call.timeout = change.timeout;
  if (const auto ttl = text_of(desired, "wrapping_ttl")) {
    call.wrap_ttl = std::to_string(seconds_of(*ttl).value_or(0)) + "s";
  }
  ValueMap body;
  body.set("metadata", Value(json_text(with(desired.get("metadata"), kLabel, desired.get("name")))));
  for (const char* name : {"cidr_list", "token_bound_cidrs"}) body.set(name, desired.get(name));
  for (const char* name : {"ttl", "num_uses"}) {
    const Value wanted = desired.get(name);
    if (wanted.is_string() || wanted.is_integer()) body.set(name, to_wire(*schema().find(name), wanted));
  }
  if (given.is_string()) body.set("secret_id", given);
  call.body = Value(std::move(body));
  return call;
}

// It is there, and this answer is the only one that tells it.
ApplyResult SecretId::made(Client& client, const ChangeRequest& change, const Answer& answer) const {
  const Value wrapped = answer.body.get("wrap_info");
  const Value data = answer.data();
  ApplyResult out;
  out.server_id = text_or(wrapped, "wrapped_accessor", text_or(data, "secret_id_accessor"));
  const auto there = client.call(accessor_call(change.desired, "lookup", out.server_id));
  Value value;
  if (found(there) == Found::there) {
    value = decode(change.desired, Value(), there->data());
  } else {
    value = decode(change.desired, Value(), with(data, "secret_id_accessor", Value(out.server_id)));
    for (const char* name : {"cidr_list", "token_bound_cidrs", "metadata"}) {
      value = with(value, name, change.desired.get(name));
    }
    out.error = there ? Error{"the secret-id was made, and used up at once", "", {}, Fault::provider} : there.error();
    out.error->retry = Retry::never;
  }
  for (const char* name : {"keep", "wrapping_ttl"}) value = with(value, name, change.desired.get(name));
  const Value given = change.desired.get("secret_id");
  value = with(value, "secret_id", given.is_string() ? given : data.get("secret_id"));
  value = with(value, "wrapping_token", wrapped.get("token"));
  value = with(value, "wrapping_accessor", wrapped.get("accessor"));
  out.value = std::move(value);
  return out;
}

// Only what Plumb alone knows changes in place.
ApplyResult SecretId::update(const ChangeRequest& change) const {
  ApplyResult out;
  std::vector<ValueMap::Entry> entries;
  for (const auto& [name, value] : change.desired.as_map()) {
    const Value* before = change.prior.find(name);
    if (value.fully_known()) {
      entries.emplace_back(name, value);
    } else if (before != nullptr) {
      entries.emplace_back(name, *before);
    }
  }
  out.value = Value(ValueMap::from(std::move(entries)));
  out.server_id = change.server_id;
  return out;
}

ApplyResult SecretId::remove(Client& client, const ChangeRequest& change) const {
  if (change.server_id.empty()) return {};
  if (auto done = destroy_secret_id(client, change.prior, change.server_id, change.timeout); !done) {
    return failed(std::move(done).error());
  }
  return {};
}

std::vector<TypeError> SecretId::check(const Value& desired) const {
  std::vector<TypeError> out;
  check_path_name(desired, "role_name", out);
  if (text_of(desired, "name") == "") out.push_back({Path("name"), "`name` is empty", "give it a name"});
  check_cidrs(desired, "cidr_list", out);
  check_cidrs(desired, "token_bound_cidrs", out);
  if (desired.get("metadata").find(kLabel) != nullptr) {
    out.push_back({Path("metadata") / kLabel, "this key holds the secret-id's `name`", "choose another key"});
  }
  if (const auto ttl = text_of(desired, "wrapping_ttl"); ttl && seconds_of(*ttl).value_or(1) < 1) {
    out.push_back({Path("wrapping_ttl"), "a wrapped secret-id must live for a second at least",
                   "write how long, or leave it out to have the secret-id itself"});
  }
  return out;
}

std::vector<Need> SecretId::needs(const ChangeRequest& change) const {
  const Value& attributes = change.operation == Operation::remove ? change.prior : change.desired;
  const std::string role = plain_role_path(attributes);
  const std::string space = space_of(attributes);
  if (change.operation == Operation::update) return {};
  std::vector<Need> out{{role + "/secret-id-accessor/lookup", space, "create|update"}};
  if (change.operation == Operation::remove) {
    out.push_back({role + "/secret-id-accessor/destroy", space, "create|update"});
    return out;
  }
  const bool given = !attributes.get("secret_id").is_null() && !attributes.get("secret_id").is_unknown();
  out.push_back({role + "/secret-id", space, "list"});
  out.push_back({role + (given ? "/custom-secret-id" : "/secret-id"), space, "create|update"});
  return out;
}

// One that is used up is read as gone only when state says that there shall always be one: one plan later.
void SecretId::facts(Client& client, std::span<const ChangeRequest* const> changes,
                     std::span<PlanFacts* const> facts) const {
  std::vector<Call> calls;
  std::vector<std::size_t> of;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    const bool wanted = flag_of(change.desired, "keep").value_or(false);
    if (change.operation != Operation::update || !wanted || !is_changed(change, "keep")) continue;
    calls.push_back(accessor_call(change.prior, "lookup", change.server_id));
    of.push_back(i);
  }
  if (calls.empty()) return;
  const auto answers = client.call_all(calls);
  for (std::size_t at = 0; at < answers.size(); ++at) {
    if (found(answers[at]) == Found::used_up) {
      facts[of[at]]->warnings.emplace_back("it is used up: once `keep` is recorded, the next plan makes a new one");
    }
  }
}

std::vector<Attribute> own_attributes() {
  const auto cidrs = [](std::string name, std::string doc) {
    return immutable(with_default(attribute(std::move(name), set_type(string_type()), std::move(doc), "[10.0.0.0/8]"),
                                  Value::list()));
  };
  const auto shown_once = [](std::string name, std::string doc) {
    return sensitive(computed(text(std::move(name), std::move(doc), "")));
  };
  auto metadata =
      attribute("metadata", map_type(string_type()),
                "What tokens of a login with it carry; the key plumb_name holds its `name`.", "{ host: app-1 }");
  auto accessor = computed(text("accessor", "What the server calls it; no secret.", ""));
  accessor.server_default = true;
  return {
      auth_mount("backend", "approle"),
      refers(
          required(compared(text("role_name", "The role that it logs in as.", "billing"), Comparison::identifier_case)),
          "vault.approle_role", "role_name"),
      required(text("name", "Tells it from the role's other secret-ids; no two may have the same.", "app-1")),
      immutable(sensitive(chosen(text("secret_id",
                                      "The secret-id; made up by the server when not set, told once, and kept sealed. "
                                      "Not told when it is wrapped.",
                                      "${var.secret_id}")))),
      cidrs("cidr_list", "The ranges of addresses that may log in with it; empty for any that the role allows."),
      cidrs("token_bound_cidrs", "The ranges of addresses that its tokens may be used from; empty for the role's."),
      immutable(with_default(std::move(metadata), Value::map())),
      immutable(compared(chosen(text("ttl", "How long it lives; the role's `secret_id_ttl` when not set.", "24h")),
                         Comparison::duration)),
      immutable(chosen(attribute("num_uses", integer_type(),
                                 "How often it may be used; the role's `secret_id_num_uses` when not set.", "1"))),
      immutable(local(
          compared(optional(text("wrapping_ttl",
                                 "Ask for it wrapped in a token that can be used once and lives this long.", "10m")),
                   Comparison::duration))),
      local(flag("keep", "Make a new one when it is used up or expired; else that is what it was for.", false)),
      std::move(accessor),
      shown_once("wrapping_token", "The token that unwraps it, with `wrapping_ttl`."),
      computed(text("wrapping_accessor", "The accessor of that token.", "")),
  };
}

}  // namespace

TypePtr make_approle_secret_id() {
  auto schema = type_schema("vault.approle_secret_id",
                            "A secret-id of an AppRole, told once. Nothing of it can be changed: a change makes a new "
                            "one. It cannot be taken over.",
                            {"backend", "role_name", "name"}, own_attributes());
  schema.server_id = "accessor";
  schema.containers = {
      in_auth_method("backend"),
      {"vault.approle_role", {{"namespace", "namespace"}, {"backend", "backend"}, {"role_name", "role_name"}}}};
  return std::make_unique<SecretId>(std::move(schema));
}

}  // namespace plumb::vault
