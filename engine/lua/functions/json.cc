// JSON. nlohmann's parser feeds Values as it reads; no tree of its own is built.
#include <nlohmann/json.hpp>

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

constexpr std::size_t deepest = 100;

class Builder : public nlohmann::json_sax<nlohmann::json> {
 public:
  explicit Builder(lua_State* L) : L_(L) {}

  bool null() override { return put(Value()); }
  bool boolean(bool value) override { return put(Value(value)); }
  bool number_integer(number_integer_t value) override { return put(Value(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > INT64_MAX) return refuse("a whole number is out of range");
    return put(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(Value(value)); }
  bool string(string_t& value) override {
    charge_values(L_, 0, value.size());
    return put(Value(std::move(value)));
  }
  bool binary(binary_t&) override { return refuse("binary data"); }
  bool start_object(std::size_t) override { return open(); }
  bool start_array(std::size_t) override { return open(); }
  bool key(string_t& name) override {
    levels_.back().key = std::move(name);
    return true;
  }
  bool end_object() override {
    Value value = ValueMap::from(std::move(levels_.back().entries));
    levels_.pop_back();
    return put(std::move(value));
  }
  bool end_array() override {
    Value::List items;
    for (auto& entry : levels_.back().entries) items.push_back(std::move(entry.second));
    levels_.pop_back();
    return put(Value::list(std::move(items)));
  }
  // The library's own words quote the text; only the place is kept.
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    return refuse("not JSON at byte " + std::to_string(position));
  }

  Value result;
  std::string problem;

 private:
  struct Level {
    std::string key;
    std::vector<ValueMap::Entry> entries;
  };

  bool open() {
    if (levels_.size() >= deepest) return refuse("nested more than " + std::to_string(deepest) + " levels deep");
    levels_.emplace_back();
    return true;
  }
  bool put(Value value) {
    charge_values(L_, 2);
    if (levels_.empty()) {
      result = std::move(value);
    } else {
      levels_.back().entries.emplace_back(std::move(levels_.back().key), std::move(value));
      levels_.back().key.clear();
    }
    return true;
  }
  bool refuse(std::string why) {
    if (problem.empty()) problem = std::move(why);
    return false;
  }

  lua_State* L_;
  std::vector<Level> levels_;
};

}  // namespace

int json_decode(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  charge(L, text.size() / 4);
  Builder builder(L);
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    bad_argument(L, 1, (builder.problem.empty() ? "not JSON" : builder.problem).c_str());
  }
  push_value(L, builder.result);
  return 1;
}

int json_encode(lua_State* L) {
  if (lua_isnone(L, 1)) wrong_argument(L, 1, "value");
  const lua_Integer indent = check_whole(L, 2, -1);
  if (indent > 16) bad_argument(L, 2, "at most 16 spaces expected");
  push_text(L, json_text(L, to_value(L, 1), static_cast<int>(std::max<lua_Integer>(indent, -1))));
  return 1;
}

}  // namespace plumb::lua::functions
