#include "providers/vault/document.h"

#include "engine/provider_api/values.h"
#include "providers/vault/errors.h"
#include "providers/vault/wire.h"

namespace plumb::vault {

namespace {

// The template with its places filled; `visit` gives the text of each.
template <class Fill>
std::string filled(const std::string& pattern, Fill fill) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    if (pattern[at] != '{') {
      out += pattern[at++];
      continue;
    }
    const std::size_t end = pattern.find('}', at);
    std::string name = pattern.substr(at + 1, end - at - 1);
    const bool slashes = name.ends_with('*');
    if (slashes) name.pop_back();
    out += fill(name, slashes);
    at = end + 1;
  }
  return out;
}

bool in_template(const std::string& pattern, const std::string& name) {
  return pattern.find('{' + name + '}') != std::string::npos || pattern.find('{' + name + "*}") != std::string::npos;
}

// Mounts may lie in folders, so their slashes stand in any case.
bool names_mount(const std::string& name) { return name == "mount" || name == "backend" || name == "path"; }

const Value& at_default(const Attribute& attribute) {
  static const Value null;
  return attribute.default_value ? *attribute.default_value : null;
}

}  // namespace

std::string DocumentType::path(const Value& attributes) const {
  return filled(paths_.document, [&](const std::string& name, bool slashes) {
    const std::string text = text_or(attributes, name);
    return slashes || names_mount(name) ? url_path(trimmed_slashes(text)) : url_segment(text);
  });
}

std::string DocumentType::plain_path(const Value& attributes) const {
  return filled(paths_.document,
                [&](const std::string& name, bool) { return trimmed_slashes(text_or(attributes, name)); });
}

Results DocumentType::read(Client& client, Keys keys) const {
  std::vector<Call> calls;
  calls.reserve(keys.size());
  for (const ReadKey& key : keys) {
    Call& call = calls.emplace_back();
    call.path = path(key.identity);
    call.space = space_of(key.identity);
  }
  auto answers = client.call_all(calls);
  Results results;
  results.reserve(keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    if (!answers[i]) {
      results.push_back(ReadResult::unreadable(std::move(answers[i]).error()));
    } else if (!answers[i]->found()) {
      results.push_back(ReadResult::absent());
    } else {
      results.push_back(decode(keys[i].identity, keys[i].known, answers[i]->data()));
    }
  }
  read_more(client, keys, results);
  return results;
}

Value DocumentType::encode(const ChangeRequest& change) const {
  const bool update = change.operation == Operation::update;
  std::vector<ValueMap::Entry> body;
  for (const Attribute& attribute : schema().attributes) {
    if (attribute.local || attribute.name == "namespace" || in_template(paths_.document, attribute.name)) continue;
    if (!attribute.required && !attribute.optional) continue;
    const Value* wanted = change.desired.find(attribute.name);
    if (wanted == nullptr || !wanted->fully_known()) continue;
    if (attribute.write_only) {
      if (wanted->is_null() || (update && !is_changed(change, attribute.name))) continue;
    } else {
      const Value* before = update ? change.prior.find(attribute.name) : nullptr;
      const bool was_default = before == nullptr || before->is_null() || *before == at_default(attribute);
      if (was_default && (wanted->is_null() || *wanted == at_default(attribute))) continue;
      if (wanted->is_null() && attribute.computed) continue;
    }
    body.emplace_back(attribute.name, to_wire(attribute, *wanted));
  }
  return Value(ValueMap::from(std::move(body)));
}

ReadResult DocumentType::decode(const Value& identity, const Value& known, const Value& data) const {
  static_cast<void>(known);
  ReadResult out;
  out.status = ReadResult::Status::present;
  std::vector<ValueMap::Entry> entries;
  for (const Attribute& attribute : schema().attributes) {
    if (schema().is_identity(attribute.name)) {
      entries.emplace_back(attribute.name, identity.get(attribute.name));
      continue;
    }
    if (attribute.local || attribute.create_only) {
      if (attribute.write_only) out.unread.emplace_back(attribute.name);
      continue;
    }
    if (attribute.write_only) {
      out.unread.emplace_back(attribute.name);
      continue;
    }
    const std::string& name = attribute.read_name.empty() ? attribute.name : attribute.read_name;
    entries.emplace_back(attribute.name, from_wire(attribute, data.get(name)));
  }
  out.value = Value(ValueMap::from(std::move(entries)));
  return out;
}

void DocumentType::read_more(Client& client, Keys keys, Results& results) const {
  static_cast<void>(client), static_cast<void>(keys), static_cast<void>(results);
}

std::optional<Error> DocumentType::written(Client& client, const ChangeRequest& change) const {
  static_cast<void>(client), static_cast<void>(change);
  return std::nullopt;
}

ApplyResult DocumentType::remove(Client& client, const ChangeRequest& change) const {
  if (paths_.singleton) return {};
  Call call;
  call.method = "DELETE";
  call.path = path(change.prior);
  call.space = space_of(change.prior);
  call.timeout = change.timeout;
  if (auto answer = client.call(call); !answer) return failed(std::move(answer).error());
  return {};
}

ApplyResult DocumentType::apply(Client& client, const ChangeRequest& change) const {
  if (change.operation == Operation::remove) return remove(client, change);
  Call call;
  call.method = "POST";
  call.path = path(change.desired);
  call.space = space_of(change.desired);
  call.body = encode(change);
  call.timeout = change.timeout;
  auto answer = client.expect(call);
  if (!answer) return failed(std::move(answer).error());
  std::optional<Error> after = written(client, change);
  const ReadKey key{change.desired, change.server_id, Value()};
  Results now = read(client, Keys(&key, 1));
  ApplyResult out;
  ReadResult& there = now.front();
  if (there.status == ReadResult::Status::present) {
    out.value = std::move(there.value);
    out.server_id = std::move(there.server_id);
    out.evidence = std::move(there.evidence);
    out.error = std::move(after);
    out.warnings = answer->warnings();
  } else if (there.status == ReadResult::Status::unreadable) {
    out.error = after ? std::move(*after) : std::move(there.error);
    out.error->retry = Retry::outcome_unknown;
  } else {
    out.error = Error{described(call) + " was accepted, and yet it is not there", "plan again", {}, Fault::provider};
  }
  return out;
}

std::vector<Need> DocumentType::needs(const ChangeRequest& change) const {
  const Value& attributes = change.operation == Operation::remove ? change.prior : change.desired;
  if (change.operation == Operation::remove && paths_.singleton) return {};
  const char* capability = change.operation == Operation::create   ? "create|update"
                           : change.operation == Operation::update ? "update"
                                                                   : "delete";
  return {{plain_path(attributes), space_of(attributes), capability}};
}

}  // namespace plumb::vault
