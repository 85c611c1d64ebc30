// The rights that planned changes need, asked of the server all at once. Internal to providers/vault.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "providers/vault/type.h"

namespace plumb::vault {

// Whether capabilities as the server lists them (`["create", "read"]`, `["root"]`, `["deny"]`) hold what is needed;
// `create|update`: either of the two.
bool allows(const std::vector<std::string>& granted, const std::string& needed);

// What is missing, with the lines to add to a policy; nullopt for nothing.
std::optional<Error> missing_rights(const std::vector<Need>& missing);

// Blocks each change that lacks a right. `needs` has one entry for each of `facts`, in order. One call for each
// namespace and 500 paths. Where the server does not tell, nothing is blocked.
void check_capabilities(Client& client, const std::vector<std::vector<Need>>& needs, std::span<PlanFacts> facts);

}  // namespace plumb::vault
