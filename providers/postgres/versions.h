// What differs between server versions, in one table.
#pragma once

#include <string_view>
#include <vector>

namespace plumb::postgres {

inline constexpr int kOldest = 130000;
inline constexpr int kMembershipOptions = 160000;  // INHERIT and SET, and one row per grantor

struct Dialect {
  int since;  // server_version_num
  // pg_auth_members: the two options, as columns.
  std::string_view membership_columns;
  bool membership_options;
  // What pg_has_role must say for a role to be given ownership.
  std::string_view ownership_right;
  std::vector<std::string_view> table_privileges;
};

// The newest entry that is not newer than the server.
const Dialect& dialect(int server_version);

}  // namespace plumb::postgres
