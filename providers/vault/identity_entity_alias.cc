// vault.identity_entity_alias
#include "engine/provider_api/attributes.h"
#include "engine/provider_api/values.h"
#include "providers/vault/identity_alias.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

namespace {

class EntityAlias : public IdentityAlias {
 public:
  using IdentityAlias::IdentityAlias;

 protected:
  // An entity has one alias in each auth method.
  [[nodiscard]] std::string place(const std::string& canonical_id, const std::string& accessor) const override {
    return canonical_id + " in the auth method " + accessor;
  }

  [[nodiscard]] Error in_the_way(const Row& other) const override {
    return {"entity " + other.canonical_id + " has the alias \"" + other.name + "\" in the auth method " +
                other.mount_accessor + " already, and cannot have two there",
            "import that one and rename it, or remove it first",
            {},
            Fault::provider};
  }

  // A write to a name that is taken moves it from the entity it belongs to, without a word.
  std::optional<Error> look_first(Client& client, const ChangeRequest& change) const override {
    const bool renamed = change.operation == Operation::create || is_changed(change, "name");
    if (!renamed) return std::nullopt;
    Call call;
    call.method = "POST";
    call.path = "identity/lookup/entity";
    call.space = space_of(change.desired);
    call.asks = true;
    call.body = Value(ValueMap{{"alias_mount_accessor", change.desired.get("mount_accessor")},
                               {"alias_name", change.desired.get("name")}});
    const auto answer = client.call(call);
    if (!answer) return answer.error();
    const Value data = answer->data();
    if (!data.is_map() || owns(data, change.server_id)) return std::nullopt;
    return Error{"the alias \"" + text_or(change.desired, "name") + "\" exists by now: it belongs to entity \"" +
                     text_or(data, "name") + "\" (" + text_or(data, "id") + ")",
                 "Plan again: it says how to take over what is there",
                 {},
                 Fault::provider};
  }

 private:
  // The entity's alias is the very one that is written: only its letters change.
  static bool owns(const Value& entity, const std::string& alias_id) {
    const Value* aliases = entity.find("aliases");
    if (aliases == nullptr || !aliases->is_list()) return false;
    for (const Value& one : aliases->as_list()) {
      if (!alias_id.empty() && text_or(one, "id") == alias_id) return true;
    }
    return false;
  }
};

}  // namespace

TypePtr make_identity_entity_alias() {
  std::vector<Attribute> more = {
      with_default(attribute("custom_metadata", map_type(string_type()),
                             "Anything worth knowing about it; policies may use it.", "{ source: hr }"),
                   Value::map())};
  return std::make_unique<EntityAlias>(
      alias_schema("vault.identity_entity_alias", "One name of an entity: what an auth method knows it by.",
                   "vault.identity_entity", std::move(more)),
      "entity");
}

}  // namespace plumb::vault
