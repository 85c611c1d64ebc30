// A text as it reads once an encoding is taken off it, with the way back to where each byte came from.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace plumb {

// Byte i of `bytes` came from [begin[i], end[i]) of the text that the view was first made from.
struct TextView {
  std::string bytes;
  std::vector<std::size_t> begin;
  std::vector<std::size_t> end;
};

TextView plain_view(std::string_view text);
// Takes off JSON's escapes; unknown ones stay. An empty view when there is no backslash.
TextView json_view(const TextView& from);
// Takes off `%41`; with `plus`, `+` reads as a space. An empty view when the text has no `%` (no `+`).
TextView url_view(const TextView& from, bool plus);
// Decodes each run of base64 (both alphabets, over line breaks) as if it began `phase` (0..3) characters later, since
// what stands before a blob may look like base64 too. Padding belongs to the byte before it.
TextView base64_view(const TextView& from, int phase);

}  // namespace plumb
