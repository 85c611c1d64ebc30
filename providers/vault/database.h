// What the types of a database secrets engine share.
#pragma once

#include <string>

#include "engine/model/schema.h"
#include "providers/vault/type.h"

namespace plumb::vault {

// `backend`: where the engine is mounted. Part of the identity of everything in it.
Attribute backend_attribute();
// The mount holds it: it goes with the mount.
Container in_backend();
// Statements of SQL, in the order they are run; none is the plugin's own.
Attribute statements(std::string name, std::string doc, std::string example);
Attribute ttl_attribute(std::string name, std::string doc, std::string example);

// `credential_type` and `credential_config`, of roles and static roles.
std::vector<Attribute> credential_attributes();
// What the server fills in for keys.
Value complete_credential_config(Value desired);
// Of a live object, less what is left from another type of credential.
Value live_credential_config(Value attributes);
std::vector<TypeError> check_credential_config(const Value& desired);
// The server keeps a password policy that a write leaves out.
bool drops_password_policy(const ChangeRequest& change);

}  // namespace plumb::vault
