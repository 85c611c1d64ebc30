// The standard functions, one declaration each; the table of them is functions/table.cc.
#pragma once

#include <span>

#include "engine/lua/function_docs.h"
#include "engine/lua/lua_api.h"

namespace plumb::lua {

struct StandardFunction {
  FunctionDoc doc;
  lua_CFunction call;
};
std::span<const StandardFunction> standard_functions();

namespace functions {

// logic.cc
int attempt(lua_State* L);
int can(lua_State* L);
int coalesce(lua_State* L);
int is_null(lua_State* L);
int nonsensitive(lua_State* L);
int sensitive(lua_State* L);

// text.cc
int upper(lua_State* L);
int lower(lua_State* L);
int title(lua_State* L);
int trim(lua_State* L);
int split(lua_State* L);
int join(lua_State* L);
int replace(lua_State* L);
int slug(lua_State* L);
int starts_with(lua_State* L);
int ends_with(lua_State* L);
int contains(lua_State* L);

// text_parts.cc
int chomp(lua_State* L);
int indent(lua_State* L);
int match(lua_State* L);
int match_all(lua_State* L);
int trim_prefix(lua_State* L);
int trim_suffix(lua_State* L);

// numbers.cc
int max(lua_State* L);
int min(lua_State* L);
int round(lua_State* L);
int sum(lua_State* L);

// collections.cc
int map(lua_State* L);
int filter(lua_State* L);
int merge(lua_State* L);
int keys(lua_State* L);
int values(lua_State* L);
int flatten(lua_State* L);
int concat(lua_State* L);
int range(lua_State* L);
int length(lua_State* L);
int list(lua_State* L);
int zipmap(lua_State* L);
int lookup(lua_State* L);

// lists.cc
int all_true(lua_State* L);
int any_true(lua_State* L);
int chunk(lua_State* L);
int compact(lua_State* L);
int element(lua_State* L);
int find(lua_State* L);
int index_of(lua_State* L);
int one(lua_State* L);
int product(lua_State* L);
int reduce(lua_State* L);
int reverse(lua_State* L);
int slice(lua_State* L);
int substr(lua_State* L);

// maps.cc
int entries(lua_State* L);
int from_entries(lua_State* L);
int group_by(lua_State* L);
int index_by(lua_State* L);
int merge_deep(lua_State* L);
int omit(lua_State* L);
int pick(lua_State* L);
int transpose(lua_State* L);

// ordering.cc
int difference(lua_State* L);
int intersection(lua_State* L);
int set_union(lua_State* L);
int sort(lua_State* L);
int sort_by(lua_State* L);
int unique(lua_State* L);

// conversion.cc
int to_bool(lua_State* L);
int to_list(lua_State* L);
int to_map(lua_State* L);
int to_number(lua_State* L);
int to_set(lua_State* L);
int to_string(lua_State* L);
int type_of(lua_State* L);

// encoding.cc
int base64_decode(lua_State* L);
int base64_encode(lua_State* L);
int base64url_encode(lua_State* L);
int hex(lua_State* L);
int hex_decode(lua_State* L);
int url_decode(lua_State* L);
int url_encode(lua_State* L);

// json.cc, yaml.cc, csv.cc
int csv_decode(lua_State* L);
int csv_encode(lua_State* L);
int json_decode(lua_State* L);
int json_encode(lua_State* L);
int yaml_decode(lua_State* L);
int yaml_encode(lua_State* L);

// hashes.cc
int hmac(lua_State* L);
int sha256(lua_State* L);
int sha512(lua_State* L);
int uuid5(lua_State* L);

// cidr.cc
int cidr_contains(lua_State* L);
int cidr_host(lua_State* L);
int cidr_netmask(lua_State* L);
int cidr_subnet(lua_State* L);
int cidr_subnets(lua_State* L);

// files.cc
int basename(lua_State* L);
int dirname(lua_State* L);
int file(lua_State* L);
int template_file(lua_State* L);
int template_text(lua_State* L);

}  // namespace functions
}  // namespace plumb::lua
