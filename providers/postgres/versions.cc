#include "providers/postgres/versions.h"

namespace plumb::postgres {

const Dialect& dialect(int server_version) {
  static const std::vector<Dialect> table = [] {
    std::vector<std::string_view> before_17 = {"SELECT",   "INSERT",     "UPDATE", "DELETE",
                                               "TRUNCATE", "REFERENCES", "TRIGGER"};
    auto from_17 = before_17;
    from_17.push_back("MAINTAIN");
    constexpr std::string_view kColumns = "a.inherit_option, a.set_option";
    return std::vector<Dialect>{
        {kOldest, "NULL::bool, NULL::bool", false, "MEMBER", before_17},
        {kMembershipOptions, kColumns, true, "SET", before_17},
        {170000, kColumns, true, "SET", from_17},
    };
  }();
  const Dialect* found = &table.front();
  for (const auto& one : table) {
    if (one.since <= server_version) found = &one;
  }
  return *found;
}

}  // namespace plumb::postgres
