// Privileges: which there are for a kind of object, and their canonical names.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace plumb::postgres {

// Every privilege of an object kind, in byte order. Empty for a kind there is not.
std::vector<std::string> all_privileges(std::string_view object_type, int server_version);

// Upper case; TEMP is TEMPORARY; nullopt for what the kind does not have. `ALL` and `ALL PRIVILEGES` give `ALL`.
std::optional<std::string> canonical_privilege(std::string_view object_type, std::string_view privilege,
                                               int server_version);

// Canonical, ALL expanded, sorted, each once. Unknown ones stay as they are: the server will say.
std::vector<std::string> expand_privileges(std::string_view object_type, const std::vector<std::string>& privileges,
                                           int server_version);

}  // namespace plumb::postgres
