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

// `TRY(auto-free expression)`: the value, or return the error from the enclosing function.
// A GNU statement expression; works for Result<void> too.
#define PLUMB_TRY(...)                                                                      \
  (__extension__({                                                                          \
    auto&& plumb_result_ = (__VA_ARGS__);                                                   \
    if (!plumb_result_.has_value()) return ::plumb::fail(std::move(plumb_result_).error()); \
    std::forward<decltype(plumb_result_)>(plumb_result_).operator*();                       \
  }))
#define PLUMB_CHECK(...)                                                \
  do {                                                                  \
    if (auto plumb_result_ = (__VA_ARGS__); !plumb_result_.has_value()) \
      return ::plumb::fail(std::move(plumb_result_).error());           \
  } while (false)

}  // namespace plumb
