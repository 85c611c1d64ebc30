#include "engine/model/json_text.h"

#include <cmath>
#include <nlohmann/json.hpp>

#include "engine/base/text.h"

namespace plumb {

namespace {

constexpr int kDepth = 200;

// Builds a Value from SAX events, so that depth is ours to limit and no second tree is made.
class Builder final : public nlohmann::json_sax<nlohmann::json> {
 public:
  Value result;
  std::string error;

  bool null() override { return put(Value()); }
  bool boolean(bool value) override { return put(Value(value)); }
  bool number_integer(number_integer_t value) override { return put(Value(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > 9223372036854775807ULL) return put(Value(static_cast<double>(value)));
    return put(Value(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t&) override { return put(Value(double{value})); }
  bool string(string_t& value) override { return put(Value(value)); }
  bool binary(binary_t&) override { return false; }
  bool start_object(std::size_t) override { return open(false); }
  bool key(string_t& value) override {
    stack_.back().key = value;
    return true;
  }
  bool end_object() override {
    Value value(ValueMap::from(std::move(stack_.back().entries)));
    stack_.pop_back();
    return put(std::move(value));
  }
  bool start_array(std::size_t) override { return open(true); }
  bool end_array() override {
    Value value(std::move(stack_.back().items));
    stack_.pop_back();
    return put(std::move(value));
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::detail::exception&) override {
    error = "is no JSON (byte " + std::to_string(position) + ")";
    return false;
  }

 private:
  struct Frame {
    bool list = false;
    std::string key;
    Value::List items;
    std::vector<ValueMap::Entry> entries;
  };

  bool open(bool list) {
    if (stack_.size() >= kDepth) {
      error = "is nested more than " + std::to_string(kDepth) + " levels deep";
      return false;
    }
    stack_.push_back({list, {}, {}, {}});
    return true;
  }

  bool put(Value value) {
    if (stack_.empty()) {
      result = std::move(value);
    } else if (stack_.back().list) {
      stack_.back().items.push_back(std::move(value));
    } else {
      stack_.back().entries.emplace_back(std::move(stack_.back().key), std::move(value));
    }
    return true;
  }

  std::vector<Frame> stack_;
};

void write(const Value& value, std::string& out) {
  switch (value.kind()) {
    case Value::Kind::string:
      out += '"';
      out += json_escape(value.as_string());
      out += '"';
      return;
    case Value::Kind::list: {
      out += '[';
      bool first = true;
      for (const Value& item : value.as_list()) {
        if (!first) out += ',';
        first = false;
        write(item, out);
      }
      out += ']';
      return;
    }
    case Value::Kind::map: {
      out += '{';
      bool first = true;
      for (const auto& [key, item] : value.as_map()) {
        if (!first) out += ',';
        first = false;
        out += '"';
        out += json_escape(key);
        out += "\":";
        write(item, out);
      }
      out += '}';
      return;
    }
    case Value::Kind::null:
    case Value::Kind::unknown:
    case Value::Kind::unavailable:
      out += "null";
      return;
    case Value::Kind::boolean:
    case Value::Kind::integer:
      out += scalar_text(value).value_or("null");
      return;
    case Value::Kind::number:
      out += std::isfinite(value.as_number()) ? number_text(value.as_number()) : "null";
      return;
  }
}

}  // namespace

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  try {
    if (nlohmann::json::sax_parse(text, &builder)) return std::move(builder.result);
  } catch (const std::exception&) {
    builder.error = "is no JSON";
  }
  return fail(builder.error.empty() ? "is no JSON" : builder.error, "write valid JSON");
}

std::string json_text(const Value& value) {
  std::string out;
  write(value, out);
  return out;
}

Result<std::string> canonical_json(std::string_view text) { return json_text(PLUMB_TRY(parse_json(text))); }

}  // namespace plumb
