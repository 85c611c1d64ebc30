#include "providers/vault/grown_type.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace plumb::vault {

namespace {

// What the server says it takes in a POST to this path; nullopt where it does not tell (no such mount yet, no right).
std::optional<std::set<std::string>> parameters(Client& client, const std::string& path, const std::string& space) {
  Call call;
  call.path = path + "?help=1";
  call.space = space;
  const auto answer = client.call(call);
  if (!answer || !answer->found()) return std::nullopt;
  std::set<std::string> out;
  const Value schemas = answer->body.get("openapi").get("components").get("schemas");
  if (!schemas.is_map()) return std::nullopt;
  for (const auto& [name, schema] : schemas.as_map()) {
    const Value properties = schema.get("properties");
    if (!properties.is_map()) continue;
    for (const auto& [property, type] : properties.as_map()) out.insert(property);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

std::optional<Error> unknown_to(const Client& client, const std::vector<std::string>& wanted,
                                const std::optional<std::set<std::string>>& known) {
  if (!known) return std::nullopt;
  for (const std::string& name : wanted) {
    if (known->contains(name)) continue;
    return Error{client.server().name() + " does not know `" + name + "`",
                 "Leave it out, or use a server version that has it",
                 {},
                 Fault::provider};
  }
  return std::nullopt;
}

}  // namespace

std::vector<std::string> GrownType::set_newer(const ChangeRequest& change) const {
  std::vector<std::string> out;
  if (change.operation == Operation::remove) return out;
  for (const std::string& name : newer_) {
    const Value wanted = change.desired.get(name);
    const Attribute* attribute = schema().find(name);
    if (wanted.is_null() || wanted.is_unknown()) continue;
    if (attribute->default_value && wanted == *attribute->default_value) continue;
    out.push_back(name);
  }
  return out;
}

void GrownType::facts(Client& client, std::span<const ChangeRequest* const> changes,
                      std::span<PlanFacts* const> facts) const {
  // By namespace and mount: all documents of one mount take the same.
  std::map<std::pair<std::string, std::string>, std::optional<std::set<std::string>>> asked;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    const ChangeRequest& change = *changes[i];
    const std::vector<std::string> wanted = set_newer(change);
    if (wanted.empty() || !change.desired.get(paths().mount_of).is_string()) continue;
    if (!change.desired.get("namespace").is_string()) continue;
    const std::string space = space_of(change.desired);
    const auto key = std::pair(space, change.desired.get(paths().mount_of).as_string());
    if (!asked.contains(key)) asked[key] = parameters(client, path(change.desired), space);
    if (auto error = unknown_to(client, wanted, asked[key]); error && !facts[i]->blocked) facts[i]->blocked = *error;
  }
}

ApplyResult GrownType::apply(Client& client, const ChangeRequest& change) const {
  if (const auto wanted = set_newer(change); !wanted.empty()) {
    const auto known = parameters(client, path(change.desired), space_of(change.desired));
    if (auto error = unknown_to(client, wanted, known)) return failed(std::move(*error));
  }
  return DocumentType::apply(client, change);
}

}  // namespace plumb::vault
