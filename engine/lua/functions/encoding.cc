// Bytes as text, and back.
#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

std::string_view charged(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  charge(L, text.size() / 4);
  check_size(L, text.size() * 3);
  return text;
}

}  // namespace

int base64_encode(lua_State* L) { return push_result(L, plumb::base64(charged(L))); }
int base64url_encode(lua_State* L) { return push_result(L, plumb::base64url(charged(L))); }

int base64_decode(lua_State* L) {
  const auto bytes = from_base64(charged(L));
  if (!bytes) bad_argument(L, 1, "base64 text expected, got other characters or a broken end");
  return push_result(L, *bytes);
}

int hex(lua_State* L) { return push_result(L, plumb::hex(charged(L))); }

int hex_decode(lua_State* L) {
  const auto bytes = from_hex(charged(L));
  if (!bytes) bad_argument(L, 1, "pairs of hexadecimal digits expected");
  return push_result(L, *bytes);
}

int url_encode(lua_State* L) { return push_result(L, plumb::url_encode(charged(L))); }

int url_decode(lua_State* L) {
  const std::string_view text = charged(L);
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += text[i];
      continue;
    }
    const auto byte = text.size() - i > 2 ? from_hex(text.substr(i + 1, 2)) : std::nullopt;
    if (!byte)
      bad_argument(L, 1, ("two hexadecimal digits expected after the % at byte " + std::to_string(i + 1)).c_str());
    out += *byte;
    i += 2;
  }
  return push_result(L, out);
}

}  // namespace plumb::lua::functions
