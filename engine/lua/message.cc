#include "engine/lua/message.h"

#include <charconv>

namespace plumb::lua {
namespace {

constexpr char chunk_mark = '\x01';
constexpr std::size_t most_frames = 6;
constexpr int most_levels = 64;

std::string name_of(const lua_Debug& at) {
  if (std::string_view(at.what) == "main") return "the script";
  return at.name != nullptr ? "`" + std::string(at.name) + "`" : "a function";
}

}  // namespace

PlainMessage plain_message(std::string_view message) {
  PlainMessage made;
  for (std::size_t i = 0; i < message.size();) {
    if (message[i] == chunk_mark && i + 1 < message.size() && message[i + 1] == ':') {
      std::uint32_t line = 0;
      const char* end = message.data() + message.size();
      const auto read = std::from_chars(message.data() + i + 2, end, line);
      const char* rest = read.ptr;
      if (read.ec == std::errc() && rest < end && *rest == ':') {
        if (made.line == 0) made.line = line;
        i = static_cast<std::size_t>(rest - message.data()) + 1;
        if (i < message.size() && message[i] == ' ') ++i;
        continue;
      }
    }
    made.text += message[i++];
  }
  return made;
}

int note_trace(lua_State* L) {
  auto& trace = *static_cast<Trace*>(lua_touserdata(L, lua_upvalueindex(1)));
  trace.clear();
  lua_Debug at{};
  for (int level = 0; level < most_levels && trace.size() < most_frames && lua_getstack(L, level, &at) != 0; ++level) {
    lua_getinfo(L, "Sln", &at);
    if (at.currentline <= 0) continue;  // written in C
    trace.push_back({name_of(at), at.currentline, at.linedefined});
  }
  return 1;
}

std::string call_chain(const Trace& trace) {
  if (trace.size() < 2) return {};
  std::string text = " (in " + trace.front().name;
  for (std::size_t i = 1; i < trace.size(); ++i) {
    text += i == 1 ? ", called from " : ", from ";
    text += trace[i].name + " at line " + std::to_string(trace[i].line);
  }
  if (trace.size() == most_frames) text += ", ...";
  return text + ")";
}

}  // namespace plumb::lua
