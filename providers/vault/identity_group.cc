// vault.identity_group
//
// Members give power, and have one owner: this resource. What it does not name is no member.
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/identity_object.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

constexpr const char* kMembers[] = {"member_entity_ids", "member_group_ids"};

bool is_external(const Value& attributes) { return text_or(attributes, "type") == "external"; }

class IdentityGroup : public IdentityObject {
 public:
  using IdentityObject::IdentityObject;

  [[nodiscard]] std::vector<TypeError> check(const Value& desired) const override {
    auto out = IdentityObject::check(desired);
    if (!is_external(desired)) return out;
    for (const char* name : kMembers) {
      const Value* members = desired.find(name);
      if (members == nullptr || !members->is_list() || members->as_list().empty()) continue;
      out.push_back({Path(name), "an external group gets its members from logins",
                     "take `" + std::string(name) + "` away, or set `type: internal`"});
    }
    return out;
  }

 protected:
  [[nodiscard]] Value encode(const Value& desired) const override {
    const Value body = IdentityObject::encode(desired);
    if (!is_external(desired)) return body;
    ValueMap without = body.as_map();
    for (const char* name : kMembers) without.erase(name);
    return Value(std::move(without));
  }

  // Who has logged in is not what anybody configured.
  [[nodiscard]] Value decode(const Value& data) const override {
    Value out = IdentityObject::decode(data);
    if (!is_external(out)) return out;
    for (const char* name : kMembers) out = with(out, name, Value::list());
    return out;
  }
};

Attribute members(std::string name, std::string doc, std::string example, std::string_view type) {
  return refers(
      power(with_default(attribute(std::move(name), set_type(string_type()), std::move(doc), std::move(example)),
                         Value::list())),
      type, "id");
}

}  // namespace

TypePtr make_identity_group() {
  auto id = computed(text("id", "The server's own name of the group.", ""));
  id.server_default = true;
  auto schema = type_schema(
      "vault.identity_group", "Entities that share policies.", {},
      {
          required(text("name", "The group's name, in which letter case does not count; a change renames.", "admins")),
          immutable(with_default(attribute("type", enum_type({"internal", "external"}),
                                           "`internal`: its members are named here; `external`: logins bring them, by "
                                           "the group's alias.",
                                           "external"),
                                 "internal")),
          with_default(
              attribute("metadata", map_type(string_type()), "Anything worth knowing about it.", "{ team: billing }"),
              Value::map()),
          power(with_default(attribute("policies", set_type(string_type()),
                                       "Policies that its members' tokens have. Exactly these; with `ignore_changes: "
                                       "[policies]` others may add to them.",
                                       "[shop-admin]"),
                             Value::list())),
          members("member_entity_ids",
                  "The entities in it, by id. Exactly these; with `ignore_changes: [member_entity_ids]` others may "
                  "add to them.",
                  "[\"${vault.identity_entity.shop.id}\"]", "vault.identity_entity"),
          members("member_group_ids", "The groups in it, by id. Exactly these.",
                  "[\"${vault.identity_group.developers.id}\"]", "vault.identity_group"),
          std::move(id),
      });
  schema.identity.push_back({"name", OnIdentityChange::renames});
  schema.server_id = "id";
  return std::make_unique<IdentityGroup>(std::move(schema), "group");
}

}  // namespace plumb::vault
