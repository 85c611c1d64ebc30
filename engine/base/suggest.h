// "did you mean": the nearest of some known words.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace plumb {

// Levenshtein distance with transpositions, given up (returns limit + 1) once it must exceed `limit`.
std::size_t edit_distance(std::string_view a, std::string_view b, std::size_t limit);

// The nearest candidate within a third of the word's length (at least 1, at most 3); ties go to the earlier one in byte
// order.
std::optional<std::string> nearest(std::string_view word, std::span<const std::string> candidates);

// ` (did you mean "x"?)`, or the empty string.
std::string did_you_mean(std::string_view word, std::span<const std::string> candidates);

}  // namespace plumb
