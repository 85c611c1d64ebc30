// Bytes as text.
#include "engine/base/hash.h"
#include "engine/base/text.h"
#include "engine/lua/functions/functions.h"
#include "engine/lua/proxy.h"

namespace plumb::lua::functions {
namespace {

std::string_view charged(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  charge(L, text.size() / 4);
  check_size(L, text.size() * 3);
  return text;
}

}  // namespace

int base64_encode(lua_State* L) {
  push_text(L, plumb::base64(charged(L)));
  return 1;
}

int base64_decode(lua_State* L) {
  const auto bytes = from_base64(charged(L));
  if (!bytes) raise(L, "base64_decode: the text is not base64");
  push_text(L, *bytes);
  return 1;
}

int hex(lua_State* L) {
  push_text(L, plumb::hex(charged(L)));
  return 1;
}

int url_encode(lua_State* L) {
  push_text(L, plumb::url_encode(charged(L)));
  return 1;
}

int sha256(lua_State* L) {
  push_text(L, plumb::hex(bytes(plumb::sha256(charged(L)))));
  return 1;
}

}  // namespace plumb::lua::functions
