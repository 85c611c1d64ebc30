// How a report may look: the width and colours of whoever reads it.
#pragma once

#include <string>
#include <string_view>

#include "engine/plan/action.h"

namespace plumb {

struct TextOptions {
  bool color = false;
  int width = 0;  // columns; 0 when it is not known
};

enum class Tone : std::uint8_t { plain, good, warn, bad, dim, strong };

// The text in a tone, when colours are asked for.
std::string toned(std::string_view text, Tone tone, const TextOptions& options);
Tone tone_of(Action action) noexcept;
// printable() text, cut to the width with `...` at a whole character; whole when the width is not known.
std::string cut_to(std::string_view text, std::size_t columns);

}  // namespace plumb
