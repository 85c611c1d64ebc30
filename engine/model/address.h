// Address: the name of a resource or of one instance of it.
//   module.billing["eu"].postgres.role.app["reader"]
#pragma once

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"

namespace plumb {

struct ModuleStep {
  std::string name;
  std::optional<std::string> key;
  auto operator<=>(const ModuleStep&) const = default;
};

struct Address {
  std::vector<ModuleStep> modules;  // outermost first; empty in the root
  std::string type;                 // `postgres.role`; empty: a module, or one call of it
  std::string name;                 // `app`
  std::optional<std::string> key;   // for_each key; none for a resource, or for its single instance
  bool data = false;                // a data source: `data.postgres.role.app`

  // Reads what str() writes, of a resource or a data source. The error names the column (from 1) of what cannot be
  // read.
  static Result<Address> parse(std::string_view text);
  // Also `module.billing` and `module.billing["eu"]`: for targets, moves and removals.
  static Result<Address> parse_any(std::string_view text);

  [[nodiscard]] std::string str() const;
  // `postgres`
  [[nodiscard]] std::string_view provider() const noexcept;
  // The resource: this without the key.
  [[nodiscard]] Address resource() const;
  [[nodiscard]] bool is_instance_of(const Address& resource) const;
  [[nodiscard]] bool is_module() const noexcept { return type.empty(); }
  // `other` is this, an instance of it, or stands in the module (or in any call of it) that this names.
  [[nodiscard]] bool covers(const Address& other) const;

  // Shown and stored order: modules, data sources behind resources, type, name, key; keys that are whole numbers order
  // as numbers.
  std::strong_ordering operator<=>(const Address& other) const;
  bool operator==(const Address& other) const = default;
};

// `[a-z_][a-z0-9_]*`, no Lua keyword, no scope name (var, locals, each, data, module, stacks, stack, self).
Result<void> check_name(std::string_view name, std::string_view what);
bool is_scope_name(std::string_view name) noexcept;
bool is_lua_keyword(std::string_view name) noexcept;

// "text" quoted as an address, a path and a message quote it: `"`, `\` and control bytes escaped.
std::string quoted(std::string_view text);

}  // namespace plumb
