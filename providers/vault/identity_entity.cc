// vault.identity_entity
#include "engine/provider_api/attributes.h"
#include "providers/vault/identity_object.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

TypePtr make_identity_entity() {
  auto id = computed(text("id", "The server's own name of the entity.", ""));
  id.server_default = true;
  auto schema = type_schema(
      "vault.identity_entity", "Somebody, or something, that logs in: what its aliases have in common.", {},
      {
          required(text("name", "The entity's name, in which letter case does not count; a change renames.", "shop")),
          with_default(
              attribute("metadata", map_type(string_type()), "Anything worth knowing about it.", "{ team: billing }"),
              Value::map()),
          power(with_default(attribute("policies", set_type(string_type()),
                                       "Policies that every token of it has, beside those of its login. Exactly these; "
                                       "with `ignore_changes: [policies]` others may add to them.",
                                       "[shop-read]"),
                             Value::list())),
          flag("disabled", "Its tokens are refused.", false),
          std::move(id),
      });
  schema.identity.push_back({"name", OnIdentityChange::renames});
  schema.server_id = "id";
  return std::make_unique<IdentityObject>(std::move(schema), "entity");
}

}  // namespace plumb::vault
