// Result<T>: a value or an Error. We throw nothing ourselves; libraries that do are fenced in one file each.
#pragma once

#include <tl/expected.hpp>
#include <type_traits>
#include <utility>

#include "engine/base/error.h"

namespace plumb {

// A struct of its own, and not an alias, so that [[nodiscard]] works.
template <class T>
struct [[nodiscard]] Result : tl::expected<T, Error> {
  using tl::expected<T, Error>::expected;
};

inline tl::unexpected<Error> fail(Error error) { return tl::unexpected<Error>(std::move(error)); }

inline tl::unexpected<Error> fail(std::string message, std::string next_step = {}, SourcePos pos = {},
                                  Fault fault = Fault::input) {
  return fail(Error{std::move(message), std::move(next_step), pos, fault});
}

// `PLUMB_TRY(expr)`: the value, or return the error from the enclosing function. A GNU statement expression; works for
// Result<void> too, and inside of itself (each use has a name of its own, so that nothing is shadowed).
#define PLUMB_TRY(...) PLUMB_TRY_AS(PLUMB_CONCAT(plumb_result_, __COUNTER__), __VA_ARGS__)
#define PLUMB_TRY_AS(name, ...)                                           \
  (__extension__({                                                        \
    auto&& name = (__VA_ARGS__);                                          \
    if (!name.has_value()) return ::plumb::fail(std::move(name).error()); \
    std::forward<decltype(name)>(name).operator*();                       \
  }))
#define PLUMB_CHECK(...) PLUMB_CHECK_AS(PLUMB_CONCAT(plumb_result_, __COUNTER__), __VA_ARGS__)
#define PLUMB_CHECK_AS(name, ...)                                                                    \
  do {                                                                                               \
    if (auto name = (__VA_ARGS__); !name.has_value()) return ::plumb::fail(std::move(name).error()); \
  } while (false)
#define PLUMB_CONCAT(a, b) PLUMB_CONCAT_NOW(a, b)
#define PLUMB_CONCAT_NOW(a, b) a##b

}  // namespace plumb
