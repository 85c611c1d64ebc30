#include "providers/vault/identity_object.h"

#include <algorithm>
#include <cctype>

#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

constexpr std::size_t kLongestKey = 128;
constexpr std::size_t kLongestValue = 512;
constexpr std::size_t kMostPairs = 64;

Value lower_texts(const Value& list) {
  Value::List out;
  for (const Value& one : list.as_list()) {
    out.push_back(one.is_string() ? Value(lower_case(one.as_string())).with_sensitive(one.sensitive()) : one);
  }
  std::sort(out.begin(), out.end(), [](const Value& a, const Value& b) { return compare_values(a, b) < 0; });
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return Value(std::move(out)).with_sensitive(list.sensitive());
}

bool is_written(const Attribute& attribute) {
  return attribute.name != "namespace" && !attribute.local && (attribute.required || attribute.optional);
}

}  // namespace

std::string lower_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](unsigned char c) { return std::tolower(c); });
  return text;
}

std::string space_of_key(const ReadKey& key) {
  if (const auto space = text_of(key.identity, "namespace")) return *space;
  return text_or(key.known, "namespace");
}

std::string in_space(const std::string& space) { return space.empty() ? "" : " in namespace \"" + space + '"'; }

ApplyResult read_back(ReadResult now, const std::string& written) {
  ApplyResult out;
  switch (now.status) {
    case ReadResult::Status::present:
      out.value = std::move(now.value);
      out.server_id = std::move(now.server_id);
      return out;
    case ReadResult::Status::unreadable:
      out.error = std::move(now.error);
      out.error->retry = Retry::outcome_unknown;
      return out;
    case ReadResult::Status::absent:
      break;
  }
  return failed(Error{written + " was accepted, and yet it is not there", "plan again", {}, Fault::provider});
}

std::vector<TypeError> check_metadata(const Value& desired, const std::string& name) {
  std::vector<TypeError> out;
  const Value* pairs = desired.find(name);
  if (pairs == nullptr || !pairs->is_map()) return out;
  if (pairs->as_map().size() > kMostPairs) {
    out.push_back({Path(name), "there are more than " + std::to_string(kMostPairs) + " entries", "leave some out"});
  }
  for (const auto& [key, value] : pairs->as_map()) {
    if (key.size() > kLongestKey) {
      out.push_back({Path(name), "a key is longer than " + std::to_string(kLongestKey) + " bytes", "shorten it"});
    }
    if (value.is_string() && value.as_string().size() > kLongestValue) {
      out.push_back({Path(name) / key, "it is longer than " + std::to_string(kLongestValue) + " bytes",
                     "shorten it, or keep it in a secret"});
    }
  }
  return out;
}

std::string IdentityObject::by_name(const std::string& name) const {
  return "identity/" + kind_ + "/name/" + url_segment(name);
}

std::string IdentityObject::by_id(const std::string& id) const {
  return "identity/" + kind_ + "/id/" + url_segment(id);
}

ReadResult IdentityObject::found(const ReadKey& key, const Value& data) const {
  Value value = with(decode(data), "namespace", Value(space_of_key(key)));
  // Found by its name, it is the one that was asked for, however the server spells it.
  const std::string asked = text_or(key.identity, "name");
  if (key.server_id.empty() && lower_case(asked) == lower_case(text_or(value, "name"))) {
    value = with(value, "name", Value(asked));
  }
  return ReadResult::present(std::move(value), text_or(data, "id"));
}

Results IdentityObject::read(Client& client, Keys keys) const {
  Results out(keys.size());
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < keys.size(); ++i) left.push_back(i);
  // First by id where there is one; what is not there any more may have been made anew under its name.
  for (const bool use_id : {true, false}) {
    std::vector<Call> calls;
    std::vector<std::size_t> asked;
    for (const std::size_t i : left) {
      const auto name = text_of(keys[i].identity, "name");
      if (use_id ? keys[i].server_id.empty() : !name) continue;
      asked.push_back(i);
      Call& call = calls.emplace_back();
      call.path = use_id ? by_id(keys[i].server_id) : by_name(*name);
      call.space = space_of_key(keys[i]);
    }
    const auto answers = client.call_all(calls);
    for (std::size_t k = 0; k < asked.size(); ++k) {
      const std::size_t i = asked[k];
      if (!answers[k]) {
        out[i] = ReadResult::unreadable(answers[k].error());
      } else if (answers[k]->found()) {
        out[i] = found(keys[i], answers[k]->data());
      }
    }
    std::erase_if(left, [&](std::size_t i) { return out[i].status != ReadResult::Status::absent; });
  }
  return out;
}

ListResult IdentityObject::list(Client& client) const {
  ListResult out;
  const auto ids = client.list("identity/" + kind_ + "/id", client.space());
  if (!ids) {
    out.error = ids.error();
    return out;
  }
  std::vector<ReadKey> keys;
  for (const std::string& id : *ids) {
    keys.push_back({Value(ValueMap{{"namespace", Value(client.space())}}), id, Value()});
  }
  out.complete = true;
  for (ReadResult& one : read(client, keys)) {
    if (one.status == ReadResult::Status::present) {
      out.objects.push_back(std::move(one));
    } else if (one.status == ReadResult::Status::unreadable) {
      out.complete = false;
      out.error = std::move(one.error);
    }
  }
  return out;
}

Value IdentityObject::encode(const Value& desired) const {
  std::vector<ValueMap::Entry> body;
  for (const Attribute& attribute : schema().attributes) {
    if (is_written(attribute)) body.emplace_back(attribute.name, to_wire(attribute, desired.get(attribute.name)));
  }
  return Value(ValueMap::from(std::move(body)));
}

Value IdentityObject::decode(const Value& data) const {
  std::vector<ValueMap::Entry> entries;
  for (const Attribute& attribute : schema().attributes) {
    if (attribute.name == "namespace" || attribute.local) continue;
    Value value = from_wire(attribute, data.get(attribute.name));
    // Vault of old keeps letters as they were written; it looks policies up in lower case all the same.
    if (attribute.name == "policies" && value.is_list()) value = lower_texts(value);
    entries.emplace_back(attribute.name, std::move(value));
  }
  return Value(ValueMap::from(std::move(entries)));
}

// A write to a name that is taken changes what is there, without a word.
ApplyResult IdentityObject::create(Client& client, const ChangeRequest& change) const {
  const std::string name = text_or(change.desired, "name");
  const std::string space = space_of(change.desired);
  auto there = client.read(by_name(name), space);
  if (!there) return failed(std::move(there).error());
  if (*there) {
    return failed(Error{"the " + kind_ + " \"" + name + "\" exists by now, made by somebody else",
                        "Plan again: it says how to take over what is there",
                        {},
                        Fault::provider});
  }
  Call call;
  call.method = "POST";
  call.path = "identity/" + kind_;
  call.space = space;
  call.body = encode(change.desired);
  call.timeout = change.timeout;
  auto answer = client.call(call);
  if (!answer) return failed(std::move(answer).error());
  const ReadKey key{change.desired, text_or(answer->data(), "id"), Value()};
  return read_back(std::move(read(client, Keys(&key, 1)).front()), described(call));
}

ApplyResult IdentityObject::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::create) return create(client, change);
  const bool removal = change.operation == Operation::remove;
  Call call;
  call.method = removal ? "DELETE" : "POST";
  call.path = by_id(change.server_id);
  call.space = space_of(removal ? change.prior : change.desired);
  call.timeout = change.timeout;
  if (!removal) call.body = encode(change.desired);
  auto answer = client.call(call);
  if (!answer) return failed(std::move(answer).error());
  if (removal) return {};
  const ReadKey key{change.desired, change.server_id, Value()};
  return read_back(std::move(read(client, Keys(&key, 1)).front()), described(call));
}

Value IdentityObject::complete(Value desired) const {
  const Value* policies = desired.find("policies");
  if (policies == nullptr || !policies->is_list()) return desired;
  return with(desired, "policies", lower_texts(*policies));
}

std::vector<TypeError> IdentityObject::check(const Value& desired) const {
  auto out = check_metadata(desired, "metadata");
  if (const auto name = text_of(desired, "name"); name && name->empty()) {
    out.push_back({Path("name"), "it is empty", "give a name"});
  }
  return out;
}

std::vector<Need> IdentityObject::needs(const ChangeRequest& change) const {
  switch (change.operation) {
    case Operation::create:
      return {{"identity/" + kind_, space_of(change.desired), "create|update"}};
    case Operation::update:
      return {{"identity/" + kind_ + "/id/" + change.server_id, space_of(change.desired), "update"}};
    case Operation::remove:
      return {{"identity/" + kind_ + "/id/" + change.server_id, space_of(change.prior), "delete"}};
  }
  return {};
}

std::vector<std::string> IdentityObject::claims(const Value& desired) const {
  const auto name = text_of(desired, "name");
  if (!name) return {};
  return {"the name \"" + lower_case(*name) + '"' + in_space(space_of(desired))};
}

}  // namespace plumb::vault
