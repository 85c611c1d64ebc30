// The one table of standard functions.
#include <algorithm>
#include <array>

#include "engine/lua/functions/functions.h"
#include "engine/lua/sandbox.h"

namespace plumb::lua {
namespace {

using namespace functions;

// Sorted by name: a test says so.
constexpr std::array table{
    StandardFunction{{"base64_decode", "base64_decode(text)", "The bytes that base64 text stands for."},
                     &guarded<&base64_decode>},
    StandardFunction{{"base64_encode", "base64_encode(text)", "The text's bytes in base64."}, &guarded<&base64_encode>},
    StandardFunction{{"can", "can(expression)", "Whether the expression can be evaluated without an error."},
                     &guarded<&can>},
    StandardFunction{{"coalesce", "coalesce(value, ...)", "The first value that is not null."}, &guarded<&coalesce>},
    StandardFunction{{"concat", "concat(list, ...)", "One list of the items of all lists."}, &guarded<&concat>},
    StandardFunction{{"contains", "contains(list_or_text, what)", "Whether a list has an item, or a text a part."},
                     &guarded<&contains>},
    StandardFunction{{"ends_with", "ends_with(text, end)", "Whether the text ends so."}, &guarded<&ends_with>},
    StandardFunction{
        {"filter", "filter(list_or_map, function(item, key))", "The items for which the function is true."},
        &guarded<&filter>},
    StandardFunction{{"flatten", "flatten(list)", "The items of a list, with lists in it opened, at any depth."},
                     &guarded<&flatten>},
    StandardFunction{{"format", "format(layout, value, ...)", "Text by the rules of string.format."},
                     &guarded<&lua::format>},
    StandardFunction{{"hex", "hex(text)", "The text's bytes in hexadecimal."}, &guarded<&hex>},
    StandardFunction{{"is_null", "is_null(value)", "Whether the value is null or not set."}, &guarded<&is_null>},
    StandardFunction{{"join", "join(list, separator)", "The items as one text."}, &guarded<&join>},
    StandardFunction{{"json_decode", "json_decode(text)", "The value that JSON text stands for."},
                     &guarded<&json_decode>},
    StandardFunction{{"json_encode", "json_encode(value, indent?)", "The value as JSON, keys sorted."},
                     &guarded<&json_encode>},
    StandardFunction{{"keys", "keys(map)", "The keys of a map, sorted."}, &guarded<&keys>},
    StandardFunction{{"length", "length(list_or_map_or_text)", "The number of items, or of bytes of a text."},
                     &guarded<&length>},
    StandardFunction{{"list", "list{...}", "A list, also when the table is empty."}, &guarded<&list>},
    StandardFunction{{"lookup", "lookup(map, key, default?)", "The entry of a map, or the default."},
                     &guarded<&lookup>},
    StandardFunction{{"lower", "lower(text)", "The text in lower case (ASCII)."}, &guarded<&lower>},
    StandardFunction{{"map", "map(list_or_map, function(item, key))", "What the function makes of each item."},
                     &guarded<&map>},
    StandardFunction{{"merge", "merge(map, ...)", "One map of all entries; of equal keys the last wins."},
                     &guarded<&merge>},
    StandardFunction{{"nonsensitive", "nonsensitive(expression)",
                      "The value without its mark; the only way back, listed in the plan."},
                     &guarded<&nonsensitive>},
    StandardFunction{{"range", "range(first, last, step?)", "The list of whole numbers from first to last."},
                     &guarded<&range>},
    StandardFunction{{"replace", "replace(text, from, to)", "The text with each plain occurrence replaced."},
                     &guarded<&replace>},
    StandardFunction{{"sensitive", "sensitive(value)", "The value, marked: it is shown nowhere."},
                     &guarded<&sensitive>},
    StandardFunction{{"sha256", "sha256(text)", "The SHA-256 of the text's bytes, in hexadecimal."}, &guarded<&sha256>},
    StandardFunction{{"slug", "slug(text)", "Lower-case letters and digits, joined by single hyphens."},
                     &guarded<&slug>},
    StandardFunction{{"sort", "sort(list, function(a, b)?)", "The items in order; equal ones keep theirs."},
                     &guarded<&sort>},
    StandardFunction{{"split", "split(text, separator)", "The list of the parts between separators."},
                     &guarded<&split>},
    StandardFunction{{"starts_with", "starts_with(text, start)", "Whether the text starts so."},
                     &guarded<&starts_with>},
    StandardFunction{{"title", "title(text)", "The text with each word's first letter in upper case (ASCII)."},
                     &guarded<&title>},
    StandardFunction{{"trim", "trim(text, characters?)", "The text without white space at both ends."},
                     &guarded<&trim>},
    StandardFunction{{"try", "try(expression, ...)", "The first expression that gives no error."}, &guarded<&attempt>},
    StandardFunction{{"unique", "unique(list)", "The items without repeats, in order of appearance."},
                     &guarded<&unique>},
    StandardFunction{{"upper", "upper(text)", "The text in upper case (ASCII)."}, &guarded<&upper>},
    StandardFunction{{"url_encode", "url_encode(text)", "The text as a part of a URL."}, &guarded<&url_encode>},
    StandardFunction{{"values", "values(map)", "The values of a map, by sorted keys."}, &guarded<&values>},
    StandardFunction{{"zipmap", "zipmap(keys, values)", "A map of two lists of one length."}, &guarded<&zipmap>},
};

}  // namespace

std::span<const StandardFunction> standard_functions() { return table; }

}  // namespace plumb::lua

namespace plumb {

std::vector<FunctionDoc> function_docs() {
  std::vector<FunctionDoc> docs;
  for (const auto& function : lua::standard_functions()) docs.push_back(function.doc);
  return docs;
}

std::vector<std::string> Interpreter::function_names() {
  std::vector<std::string> names;
  for (const auto& function : lua::standard_functions()) names.emplace_back(function.doc.name);
  std::sort(names.begin(), names.end());
  return names;
}

}  // namespace plumb
