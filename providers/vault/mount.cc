#include "engine/provider_api/attributes.h"
#include "providers/vault/mounts.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

TypePtr make_mount() {
  std::vector<Attribute> all =
      mount_attributes("The secrets engine; `kv-v2` is the same as `kv` with `options: { version: \"2\" }`.", "kv-v2");
  all.insert(all.begin(),
             required(text("path", "Where it is mounted; a change moves it, with all that it holds.", "secret")));
  all.push_back(immutable(flag("force_no_cache", "What it reads is never cached.", false)));
  TypeSchema schema = type_schema("vault.mount", "A secrets engine, where it is mounted.", {"path"}, std::move(all));
  schema.identity.back().on_change = OnIdentityChange::renames;
  schema.server_id = "accessor";
  schema.holds_data = true;
  return std::make_unique<MountType>(std::move(schema), MountKind::engine);
}

}  // namespace plumb::vault
