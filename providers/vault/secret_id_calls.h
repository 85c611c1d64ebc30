// Calls about the secret-ids of an AppRole, which the server knows by their accessors.
#pragma once

#include <chrono>
#include <string>

#include "providers/vault/client.h"

namespace plumb::vault {

// The key of a secret-id's metadata that holds our label.
inline constexpr const char* kLabel = "plumb_name";

// `auth/approle/role/app`, encoded and not; of attributes that hold `backend` and `role_name`.
std::string role_path(const Value& attributes);
std::string plain_role_path(const Value& attributes);

// `lookup` or `destroy`.
Call accessor_call(const Value& attributes, const std::string& verb, const std::string& accessor);

// What a lookup found out.
enum class Found : std::uint8_t { there, used_up, no_role, unclear };
Found found(const Result<Answer>& answer);
bool no_such_role(Client& client, const Value& attributes);

// Gone is as good.
Result<void> destroy_secret_id(Client& client, const Value& attributes, const std::string& accessor,
                               std::chrono::milliseconds timeout);
// Whatever of the role carries the label of `desired`: from a create whose answer was lost, or from a state that is.
Result<void> destroy_leftovers(Client& client, const Value& desired);

}  // namespace plumb::vault
