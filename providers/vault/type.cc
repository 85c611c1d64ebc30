#include "providers/vault/type.h"

#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"

namespace plumb::vault {

ListResult Type::list(Client& client) const {
  static_cast<void>(client);
  ListResult out;
  out.error = Error{"what there is of " + schema_.name + " cannot be listed", "", {}, Fault::provider};
  return out;
}

std::vector<TypeError> Type::check(const Value& desired) const {
  static_cast<void>(desired);
  return {};
}

Value Type::complete(Value desired) const { return desired; }

std::vector<Need> Type::needs(const ChangeRequest& change) const {
  static_cast<void>(change);
  return {};
}

void Type::facts(Client& client, std::span<const ChangeRequest* const> changes,
                 std::span<PlanFacts* const> facts) const {
  static_cast<void>(client), static_cast<void>(changes), static_cast<void>(facts);
}

std::vector<std::string> Type::claims(const Value& desired) const {
  static_cast<void>(desired);
  return {};
}

std::string Type::serial_key(const Value& attributes) const {
  static_cast<void>(attributes);
  return {};
}

std::vector<TypeError> DataType::check(const Value& question) const {
  static_cast<void>(question);
  return {};
}

Attribute namespace_attribute() {
  auto out = attributes::optional(attributes::text(
      "namespace", "The namespace it lives in, from the root; the provider's own when not set.", "team/billing"));
  out.computed = true;
  return out;
}

TypeSchema type_schema(std::string name, std::string doc, std::vector<std::string> identity,
                       std::vector<Attribute> attributes) {
  TypeSchema out;
  out.name = std::move(name);
  out.doc = std::move(doc);
  out.attributes = std::move(attributes);
  out.attributes.insert(out.attributes.begin(), namespace_attribute());
  out.identity = {{"namespace", OnIdentityChange::replaces, true}};
  for (std::string& one : identity) out.identity.push_back({std::move(one)});
  return out;
}

TypeSchema data_schema(std::string name, std::string doc, std::vector<Attribute> attributes) {
  TypeSchema out;
  out.name = std::move(name);
  out.doc = std::move(doc);
  out.attributes = std::move(attributes);
  out.attributes.insert(
      out.attributes.begin(),
      attributes::optional(attributes::text(
          "namespace", "The namespace to look in, from the root; the provider's own when not set.", "team/billing")));
  return out;
}

std::string space_of(const Value& attributes) { return text_or(attributes, "namespace"); }

Results all_unreadable(std::size_t count, const Error& error) { return {count, ReadResult::unreadable(error)}; }

ApplyResult failed(Error error) {
  ApplyResult out;
  out.error = std::move(error);
  return out;
}

}  // namespace plumb::vault
