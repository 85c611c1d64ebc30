// What happens to an instance. The symbol and the words stand here and nowhere else.
#pragma once

#include <cstdint>
#include <string_view>

namespace plumb {

enum class Action : std::uint8_t {
  no_op,
  create,
  update,
  replace,  // delete, then create
  remove,   // `delete` is a keyword
  forget,   // drop from state, leave the object alone
  adopt,    // take an existing object into state
  read,
  record,    // state only: computed values, dependencies, protection
  deferred,  // cannot be planned yet
  blocked,   // something stands in the way; the rest of the plan goes on
};

// `+`, `~`, `-/+`, `-`, `.`, `=>`, `<=`, ` `, ` `, `?`, `!`
std::string_view symbol(Action action) noexcept;
// `create`, `update`, `replace`, `delete`, ...
std::string_view word(Action action) noexcept;
// Something outside changes.
bool mutates(Action action) noexcept;
// An object goes away.
bool destroys(Action action) noexcept;

}  // namespace plumb
