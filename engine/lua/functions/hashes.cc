// Hashes, and identifiers made of them. Weak ones (MD5, SHA-1) are left out: who has them uses them.
#include "engine/base/hash.h"

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

std::string_view charged(lua_State* L, int index) {
  const std::string_view text = check_text(L, index);
  charge(L, text.size() / 4);
  return text;
}

}  // namespace

int sha256(lua_State* L) { return push_result(L, plumb::hex(bytes(plumb::sha256(charged(L, 1))))); }
int sha512(lua_State* L) { return push_result(L, plumb::hex(plumb::sha512(charged(L, 1)))); }

int hmac(lua_State* L) {
  const std::string_view key = charged(L, 1);
  return push_result(L, plumb::hex(bytes(plumb::hmac_sha256(key, charged(L, 2)))));
}

int uuid5(lua_State* L) {
  const std::string_view space = check_text(L, 1);
  const auto uuid = plumb::uuid5(space, charged(L, 2));
  if (!uuid) bad_argument(L, 1, "a UUID, or dns, url, oid or x500 expected");
  return push_result(L, *uuid);
}

}  // namespace plumb::lua::functions
