#include "engine/lua/opaque.h"

#include <algorithm>
#include <array>
#include <new>

#include "engine/base/text.h"
#include "engine/lua/lexer.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

constexpr char metatable_key = 0;  // its address is the registry's key

struct OpaqueProxy : Proxy {
  std::shared_ptr<const Opaque> reference;
};

// A name that Lua reads as a name after a dot.
bool is_name(std::string_view text) {
  constexpr std::array<std::string_view, 22> keywords{
      "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
      "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
  Lexer lexer(text);
  const Token token = lexer.next();
  return token.kind == TokenKind::name && token.text == text &&
         std::find(keywords.begin(), keywords.end(), text) == keywords.end();
}

// A Lua string. Control bytes are escaped in three digits, so that a digit behind them changes nothing.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      (out += '\\') += c;
    } else if (byte < 0x20 || byte == 0x7f) {
      const std::string digits = std::to_string(byte);
      (out += '\\').append(3 - digits.size(), '0') += digits;
    } else {
      out += c;
    }
  }
  return out + "\"";
}

const Opaque& self(lua_State* L) { return *static_cast<const OpaqueProxy*>(lua_touserdata(L, 1))->reference; }

int index(lua_State* L) {
  const Opaque& reference = self(L);
  if (!reference.pure) refuse_look(L, reference);
  std::string step;
  if (lua_type(L, 2) == LUA_TSTRING) {
    const std::string_view key = text_at(L, 2);
    charge_bytes(L, key.size());
    step = is_name(key) ? "." + std::string(key) : "[" + quoted(key) + "]";
  } else {
    int whole = 0;
    const lua_Integer number = lua_type(L, 2) == LUA_TNUMBER ? lua_tointegerx(L, 2, &whole) : 0;
    if (whole == 0) {
      raise(L, "input `" + reference.input + "` is opaque: it is indexed by text and whole numbers, not by a " +
                   kind_at(L, 2));
    }
    step = "[" + std::to_string(number) + "]";
  }
  check_size(L, reference.text.size() + step.size());
  charge_values(L, 1, reference.text.size() + step.size());
  push_opaque(L, std::make_shared<const Opaque>(Opaque{reference.input, reference.text + step, true}));
  return 1;
}

// One side of `..`.
void append(lua_State* L, int index, const Opaque& any, std::string& out) {
  if (const auto* reference = opaque_at(L, index)) {
    out += (*reference)->placed();
    return;
  }
  const int type = lua_type(L, index);
  if (type != LUA_TSTRING && type != LUA_TNUMBER) {
    raise(L, "attempt to join input `" + any.input + "` with a " + kind_at(L, index) + " value");
  }
  push_as_text(L, index);
  out += text_at(L, -1);
  lua_pop(L, 1);
}

// Collecting may make the stack smaller, and that moves it (see room_hook in run.cc).
class NoCollection {
 public:
  explicit NoCollection(lua_State* L) : L_(L) { lua_gc(L_, LUA_GCSTOP); }
  ~NoCollection() { lua_gc(L_, LUA_GCRESTART); }
  NoCollection(const NoCollection&) = delete;
  NoCollection& operator=(const NoCollection&) = delete;

 private:
  lua_State* L_;
};

int join(lua_State* L) {
  const NoCollection still(L);
  const auto* left = opaque_at(L, 1);
  const Opaque& any = left != nullptr ? **left : **opaque_at(L, 2);
  std::string text;
  append(L, 1, any, text);
  append(L, 2, any, text);
  check_size(L, text.size());
  charge_bytes(L, text.size());
  charge_values(L, 1, text.size());
  push_opaque(L, std::make_shared<const Opaque>(Opaque{any.input, std::move(text), false}));
  return 1;
}

int refuse(lua_State* L) {
  for (int i = 1; i <= lua_gettop(L); ++i) {
    if (const auto* reference = opaque_at(L, i)) refuse_look(L, **reference);
  }
  raise(L, "an opaque input cannot be looked into");
}

int collect(lua_State* L) {
  static_cast<OpaqueProxy*>(lua_touserdata(L, 1))->~OpaqueProxy();
  return 0;
}

const Opaque* find_reference(const Value& value) {
  if (value.is_unknown()) return value.reference().get();
  if (!value.any_unknown()) return nullptr;
  const Opaque* found = nullptr;
  if (value.is_list()) {
    for (const Value& item : value.as_list()) {
      if ((found = find_reference(item)) != nullptr) break;
    }
  } else {
    for (const auto& entry : value.as_map()) {
      if ((found = find_reference(entry.second)) != nullptr) break;
    }
  }
  return found;
}

}  // namespace

void open_opaque(lua_State* L) {
  lua_newtable(L);
  lua_pushliteral(L, "opaque");  // Lua's messages call it so
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  const auto method = [L](const char* field, lua_CFunction function) {
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, field);
  };
  method("__gc", &collect);
  method("__index", &guarded<&index, Looks::none>);
  method("__concat", &guarded<&join, Looks::none>);
  for (const char* event : {"__add",  "__sub", "__mul",      "__div",  "__mod",      "__pow",  "__unm", "__idiv",
                            "__band", "__bor", "__bxor",     "__shl",  "__shr",      "__bnot", "__len", "__eq",
                            "__lt",   "__le",  "__newindex", "__call", "__tostring", "__pairs"}) {
    method(event, &guarded<&refuse, Looks::none>);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, &metatable_key);
}

void push_opaque(lua_State* L, std::shared_ptr<const Opaque> reference) {
  void* memory = lua_newuserdatauv(L, sizeof(OpaqueProxy), 0);
  new (memory) OpaqueProxy{{Tag::opaque}, std::move(reference)};
  lua_rawgetp(L, LUA_REGISTRYINDEX, &metatable_key);
  lua_setmetatable(L, -2);
}

const std::shared_ptr<const Opaque>* opaque_at(lua_State* L, int index) {
  const Proxy* proxy = proxy_at(L, index);
  return proxy != nullptr && proxy->tag == Tag::opaque ? &static_cast<const OpaqueProxy*>(proxy)->reference : nullptr;
}

void refuse_look(lua_State* L, const Opaque& reference) {
  raise_error(L, {"input `" + printable(reference.input) +
                      "` is opaque: it may be placed, joined with .. and passed on, not looked into",
                  "place an expression that looks into it, as text: \"${...}\""});
}

void refuse_look_inside(lua_State* L, const Value& value) {
  if (const Opaque* reference = find_reference(value)) refuse_look(L, *reference);
}

void refuse_opaque_arguments(lua_State* L, int most) {
  const int count = std::min(lua_gettop(L), most);
  for (int i = 1; i <= count; ++i) {
    if (const auto* reference = opaque_at(L, i)) refuse_look(L, **reference);
  }
}

Value placed(const Value& value) {
  if (!value.any_unknown()) return value;
  if (value.is_list()) {
    Value::List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list()) items.push_back(placed(item));
    return Value::list(std::move(items));
  }
  if (value.is_map()) {
    ValueMap entries;
    entries.reserve(value.as_map().size());
    for (const auto& [key, entry] : value.as_map()) entries.set(key, placed(entry));
    return entries;
  }
  const auto reference = value.reference();
  return reference != nullptr ? Value(reference->placed()) : value;
}

}  // namespace plumb::lua
