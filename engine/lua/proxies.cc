#include <array>
#include <charconv>
#include <cmath>
#include <new>

#include "engine/lua/opaque.h"
#include "engine/lua/proxy.h"

namespace plumb::lua {
namespace {

// Their addresses are the registry's keys of the metatables.
constexpr std::array<char, 4> metatable_keys{};  // references have their own

const void* metatable_key(Tag tag) { return &metatable_keys[static_cast<std::size_t>(tag)]; }

template <class T, class... Rest>
void push_proxy(lua_State* L, Tag tag, Rest&&... rest) {
  void* memory = lua_newuserdatauv(L, sizeof(T), 0);
  new (memory) T{{tag}, std::forward<Rest>(rest)...};
  lua_rawgetp(L, LUA_REGISTRYINDEX, metatable_key(tag));
  lua_setmetatable(L, -2);
}

bool is_container(const Proxy& proxy) { return proxy.tag == Tag::list || proxy.tag == Tag::map; }
const Value& value_of(const Proxy& proxy) { return static_cast<const ValueProxy&>(proxy).value; }

// The text of a key; of a whole number its decimal text, in `digits`.
std::optional<std::string_view> key_text(lua_State* L, int index, std::array<char, 24>& digits) {
  if (lua_type(L, index) == LUA_TSTRING) return text_at(L, index);
  int whole = 0;
  const lua_Integer number = lua_type(L, index) == LUA_TNUMBER ? lua_tointegerx(L, index, &whole) : 0;
  if (whole == 0) return std::nullopt;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  return std::string_view(digits.data(), static_cast<std::size_t>(end - digits.data()));
}

int object_index(lua_State* L) {
  const auto& object = *static_cast<const ObjectProxy*>(lua_touserdata(L, 1));
  std::array<char, 24> digits{};
  const auto key = key_text(L, 2, digits);
  if (!key) raise(L, std::string("an object cannot be indexed by a ") + kind_at(L, 2));
  push_access(L, run_of(L).host->member(object.ref, *key), *key);
  return 1;
}

int list_index(lua_State* L) {
  const Value& list = value_of(*static_cast<const Proxy*>(lua_touserdata(L, 1)));
  int whole = 0;
  const lua_Integer at = lua_type(L, 2) == LUA_TNUMBER ? lua_tointegerx(L, 2, &whole) : 0;
  if (whole == 0) raise(L, std::string("a list is indexed by whole numbers from 1, not by a ") + kind_at(L, 2));
  const auto& items = list.as_list();
  if (at < 1 || static_cast<std::uint64_t>(at) > items.size()) {
    read_shape(L, list);
    lua_pushnil(L);
  } else {
    push_value(L, items[static_cast<std::size_t>(at - 1)], list.sensitive());
  }
  return 1;
}

int map_index(lua_State* L) {
  const Value& map = value_of(*static_cast<const Proxy*>(lua_touserdata(L, 1)));
  std::array<char, 24> digits{};
  const auto key = key_text(L, 2, digits);
  if (!key) raise(L, std::string("a map is indexed by text, not by a ") + kind_at(L, 2));
  if (const Value* entry = map.find(*key)) {
    push_value(L, *entry, map.sensitive());
  } else {
    read_shape(L, map);
    lua_pushnil(L);
  }
  return 1;
}

int proxy_length(lua_State* L) {
  const auto& proxy = *static_cast<const Proxy*>(lua_touserdata(L, 1));
  std::size_t size = 0;
  if (proxy.tag == Tag::object) {
    size = keys_of(L, static_cast<const ObjectProxy&>(proxy).ref).size();
  } else {
    const Value& value = value_of(proxy);
    read_shape(L, value);
    size = value.is_list() ? value.as_list().size() : value.as_map().size();
  }
  lua_pushinteger(L, static_cast<lua_Integer>(size));
  return 1;
}

int proxy_equal(lua_State* L) {
  lua_pushboolean(L, equal(L, 1, 2));
  return 1;
}

int proxy_text(lua_State* L) {
  push_as_text(L, 1);
  return 1;
}

int read_only(lua_State* L) { raise(L, std::string("a ") + kind_at(L, 1) + " of the configuration is read-only"); }

int collect(lua_State* L) {
  auto* proxy = static_cast<Proxy*>(lua_touserdata(L, 1));
  if (proxy->tag == Tag::error) {
    static_cast<ErrorProxy*>(proxy)->~ErrorProxy();
  } else {
    static_cast<ValueProxy*>(proxy)->~ValueProxy();
  }
  return 0;
}

void make_metatable(lua_State* L, Tag tag, const char* name, lua_CFunction index) {
  lua_newtable(L);
  lua_pushstring(L, name);  // Lua's messages call it so
  lua_setfield(L, -2, "__name");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  const auto method = [L](const char* field, lua_CFunction function) {
    lua_pushcfunction(L, function);
    lua_setfield(L, -2, field);
  };
  method("__tostring", &guarded<&proxy_text>);
  if (tag != Tag::object) method("__gc", &collect);
  if (tag != Tag::error) {
    method("__index", index);
    method("__newindex", &guarded<&read_only, Looks::first>);
    method("__len", &guarded<&proxy_length>);
    method("__eq", &guarded<&proxy_equal>);
  }
  lua_rawsetp(L, LUA_REGISTRYINDEX, metatable_key(tag));
}

void push_scalar(lua_State* L, const Value& value) {
  switch (value.kind()) {
    case Value::Kind::boolean:
      return lua_pushboolean(L, value.as_bool());
    case Value::Kind::integer:
      return lua_pushinteger(L, value.as_integer());
    case Value::Kind::number:
      return lua_pushnumber(L, value.as_number());
    case Value::Kind::string:
      return push_text(L, value.as_string());
    default:
      return lua_pushnil(L);
  }
}

// A message that names a key must not tell a secret one; a key that the expression spells out is none.
void withhold_secret_key(const Run& run, std::string_view key, Error& error) {
  if (!run.sensitive || run.text.find(key) != std::string_view::npos) return;
  error.message = "reading by a sensitive key failed; the message is withheld because it may hold the key";
}

}  // namespace

void open_proxies(lua_State* L) {
  make_metatable(L, Tag::object, "object", &guarded<&object_index>);
  make_metatable(L, Tag::list, "list", &guarded<&list_index>);
  make_metatable(L, Tag::map, "map", &guarded<&map_index>);
  make_metatable(L, Tag::error, "error", nullptr);
  open_opaque(L);
}

void push_object(lua_State* L, ObjectRef ref) { push_proxy<ObjectProxy>(L, Tag::object, ref); }
void push_error(lua_State* L, Error error) { push_proxy<ErrorProxy>(L, Tag::error, std::move(error)); }

void push_value(lua_State* L, const Value& value, bool marked) {
  marked = marked || value.sensitive();
  switch (value.kind()) {
    case Value::Kind::unknown:
      if (auto reference = value.reference()) return push_opaque(L, std::move(reference));
      stop(L, Stop::unknown, marked);
    case Value::Kind::unavailable:
      stop(L, Stop::unavailable, true);
    case Value::Kind::list:
    case Value::Kind::map:
      // Layer on layer, functions could nest a value deeper than anything that walks it can follow.
      if (value.depth() > deepest_value) raise(L, "the value is nested too deep");
      return push_proxy<ValueProxy>(L, value.is_list() ? Tag::list : Tag::map,
                                    marked && !value.sensitive() ? value.with_sensitive() : value);
    default:
      if (marked) run_of(L).sensitive = true;
      return push_scalar(L, value);
  }
}

void push_access(lua_State* L, Access access, std::string_view key) {
  if (const auto* value = std::get_if<Value>(&access)) {
    push_value(L, *value);
  } else if (const auto* object = std::get_if<ObjectRef>(&access)) {
    push_object(L, *object);
  } else if (std::holds_alternative<Demand>(access)) {
    stop(L, Stop::demand);
  } else if (auto* error = std::get_if<Error>(&access)) {
    withhold_secret_key(run_of(L), key, *error);
    if (error->fault != Fault::input) stop_with(L, std::move(*error));
    raise_error(L, std::move(*error));
  } else {
    lua_pushnil(L);
  }
}

Proxy* proxy_at(lua_State* L, int index) {
  return lua_type(L, index) == LUA_TUSERDATA ? static_cast<Proxy*>(lua_touserdata(L, index)) : nullptr;
}

const Value* value_at(lua_State* L, int index) {
  const Proxy* proxy = proxy_at(L, index);
  return proxy != nullptr && is_container(*proxy) ? &value_of(*proxy) : nullptr;
}

std::vector<std::string> keys_of(lua_State* L, ObjectRef ref) {
  auto answer = run_of(L).host->keys(ref);
  if (std::holds_alternative<Demand>(answer)) stop(L, Stop::demand);
  if (auto* error = std::get_if<Error>(&answer)) stop_with(L, std::move(*error));
  if (run_of(L).host->keys_unknown(ref)) stop(L, Stop::unknown);
  auto& keys = std::get<0>(answer);
  charge(L, keys.size());
  return std::move(keys);
}

Value whole_of(lua_State* L, ObjectRef ref) {
  // A host may answer with another object; a chain of them is a bug of the host, and ends.
  for (int hops = 0; hops < 16; ++hops) {
    Access access = run_of(L).host->whole(ref);
    if (auto* value = std::get_if<Value>(&access)) {
      if (value->is_unknown()) stop(L, Stop::unknown, value->sensitive());
      if (value->is_unavailable()) stop(L, Stop::unavailable, true);
      return std::move(*value);
    }
    if (std::holds_alternative<Nil>(access)) return {};
    if (std::holds_alternative<Demand>(access)) stop(L, Stop::demand);
    if (auto* error = std::get_if<Error>(&access)) stop_with(L, std::move(*error));
    ref = std::get<ObjectRef>(access);
  }
  stop_with(L, Error{"an object stands for itself", "report this", {}, Fault::internal});
}

const char* kind_at(lua_State* L, int index) {
  if (const Proxy* proxy = proxy_at(L, index)) {
    constexpr std::array<const char*, 5> names{"object", "list", "map", "error", "opaque"};
    return names[static_cast<std::size_t>(proxy->tag)];
  }
  return luaL_typename(L, index);
}

}  // namespace plumb::lua
