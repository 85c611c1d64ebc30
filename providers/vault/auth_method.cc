#include "engine/provider_api/attributes.h"
#include "providers/vault/mounts.h"
#include "providers/vault/types.h"

namespace plumb::vault {

using namespace attributes;

TypePtr make_auth_method() {
  std::vector<Attribute> all = mount_attributes("The auth method.", "approle");
  Attribute path = optional(
      text("path", "Where it is mounted, below `auth/`; the type when not set. A change moves it.", "services"));
  path.computed = true;
  all.insert(all.begin(), std::move(path));
  all.push_back(
      with_default(attribute("token_type", enum_type({"default-service", "default-batch", "service", "batch"}),
                             "The kind of tokens it gives out, or the one when a role does not say.", "default-batch"),
                   "default-service"));
  all.push_back(
      with_default(attribute("user_lockout_threshold", integer_type(),
                             "After how many failed logins a user is locked out; 0 means as the server says.", "5"),
                   0));
  all.push_back(duration("user_lockout_duration", "For how long; 0 means as the server says.", "15m"));
  all.push_back(duration("user_lockout_counter_reset_duration",
                         "After how long without a failed login the count starts anew; 0 means as the server says.",
                         "15m"));
  all.push_back(flag("user_lockout_disable", "Nobody is locked out.", false));
  TypeSchema schema =
      type_schema("vault.auth_method", "An auth method, where it is mounted.", {"path"}, std::move(all));
  schema.identity.back().on_change = OnIdentityChange::renames;
  schema.identity.back().defaulted = true;
  schema.server_id = "accessor";
  schema.holds_data = true;
  return std::make_unique<MountType>(std::move(schema), MountKind::auth);
}

}  // namespace plumb::vault
