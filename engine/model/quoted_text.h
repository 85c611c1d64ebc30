// Reading what quoted() writes (address.h), shared by paths, addresses and identities.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace plumb {

// The text between the quotes; `at` is on the opening quote and moves past the closing one. nullopt, with `at` on the
// byte that cannot be read, if a quote is missing or an escape is none of ours.
std::optional<std::string> read_quoted(std::string_view text, std::size_t& at);

}  // namespace plumb
