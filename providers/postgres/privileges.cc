#include "providers/postgres/privileges.h"

#include <algorithm>

#include "providers/postgres/versions.h"

namespace plumb::postgres {

namespace {
std::string upper(std::string_view text) {
  std::string out(text);
  for (auto& c : out) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return out;
}
}  // namespace

std::vector<std::string> all_privileges(std::string_view object_type, int server_version) {
  std::vector<std::string> out;
  if (object_type == "table") {
    const auto& names = dialect(server_version).table_privileges;
    out.assign(names.begin(), names.end());
  } else if (object_type == "sequence") {
    out = {"SELECT", "UPDATE", "USAGE"};
  } else if (object_type == "database") {
    out = {"CONNECT", "CREATE", "TEMPORARY"};
  } else if (object_type == "schema") {
    out = {"CREATE", "USAGE"};
  } else if (object_type == "function" || object_type == "procedure" || object_type == "routine") {
    out = {"EXECUTE"};
  }
  std::sort(out.begin(), out.end());
  return out;
}

std::optional<std::string> canonical_privilege(std::string_view object_type, std::string_view privilege,
                                               int server_version) {
  auto name = upper(privilege);
  if (name == "ALL" || name == "ALL PRIVILEGES") return "ALL";
  if (name == "TEMP") name = "TEMPORARY";
  const auto known = all_privileges(object_type, server_version);
  if (std::binary_search(known.begin(), known.end(), name)) return name;
  return std::nullopt;
}

std::vector<std::string> expand_privileges(std::string_view object_type, const std::vector<std::string>& privileges,
                                           int server_version) {
  std::vector<std::string> out;
  for (const auto& one : privileges) {
    const auto name = canonical_privilege(object_type, one, server_version);
    if (name == "ALL") {
      const auto all = all_privileges(object_type, server_version);
      out.insert(out.end(), all.begin(), all.end());
    } else {
      out.push_back(name.value_or(one));
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

}  // namespace plumb::postgres
