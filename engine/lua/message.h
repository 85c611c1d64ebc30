// Lua's error messages in our words, and where in a script they arose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/lua/lua_api.h"

namespace plumb::lua {

// Chunks carry this name, so that the place in a message can be told from its words.
inline constexpr const char* chunk_name = "=\x01";

struct PlainMessage {
  std::string text;
  std::uint32_t line = 0;  // of the first place it named
};
// Takes every `\x01:12: ` out.
PlainMessage plain_message(std::string_view message);

// The functions that were running when an error arose, innermost first; a few only.
struct Frame {
  std::string name;  // `build`, "the script" for the chunk itself, "a function" for what has no name
  int line = 0;
  int defined = 0;  // the line it begins in
};
using Trace = std::vector<Frame>;

// A message handler that leaves the message alone and notes the trace. Upvalue: a light userdata, the Trace.
int note_trace(lua_State* L);
// ` (in a, called from b at line 20)`, or nothing where there is only one.
std::string call_chain(const Trace& trace);

}  // namespace plumb::lua
