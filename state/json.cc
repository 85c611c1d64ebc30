#include "state/json.h"

#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>

#include "engine/base/text.h"

namespace plumb::statefile {
namespace {

bool plain(std::string_view text) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte >= 0x7f || byte == '"' || byte == '\\') return false;
  }
  return true;
}

Error impossible(std::string message) {
  return {std::move(message), "this is a bug of Plumb; please report it", {}, Fault::internal};
}

// Builds a Value from the parser's events, without a tree in between.
class Builder {
 public:
  bool null() { return add(Value()); }
  bool boolean(bool on) { return add(Value(on)); }
  bool number_integer(std::int64_t number) { return add(Value(number)); }
  bool number_unsigned(std::uint64_t number) {
    if (number > static_cast<std::uint64_t>(INT64_MAX)) return give_up("an integer is out of range");
    return add(Value(static_cast<std::int64_t>(number)));
  }
  bool number_float(double number, const std::string& text) {
    if (!std::isfinite(number)) return give_up("a number is out of range");
    if (text.find_first_of(".eE") == std::string::npos) return give_up("an integer is out of range");
    return add(Value(number));
  }
  bool string(std::string& text) { return add(Value(std::move(text))); }
  bool binary(nlohmann::json::binary_t&) { return give_up("binary data"); }
  bool start_object(std::size_t) { return open(true); }
  bool start_array(std::size_t) { return open(false); }
  bool key(std::string& name) {
    stack_.back().entries.emplace_back(std::move(name), Value());
    return true;
  }
  bool end_array() {
    Value list(std::move(stack_.back().items));
    stack_.pop_back();
    return add(std::move(list));
  }
  bool end_object() {
    const std::size_t count = stack_.back().entries.size();
    auto map = ValueMap::from(std::move(stack_.back().entries));
    stack_.pop_back();
    if (map.size() != count) return give_up("a key is given twice");
    return add(Value(std::move(map)));
  }
  bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception&) {
    column_ = position;
    return false;
  }

  [[nodiscard]] Value take() { return std::move(root_); }
  [[nodiscard]] Error error() const {
    Error error{why_.empty() ? "this is not valid JSON" : why_, {}};
    error.pos.column = static_cast<std::uint32_t>(column_);
    return error;
  }

 private:
  struct Frame {
    bool object;
    std::vector<ValueMap::Entry> entries;
    Value::List items;
  };

  bool open(bool object) {
    if (stack_.size() >= kDeepest) return give_up("the nesting is too deep");
    stack_.push_back({object, {}, {}});
    return true;
  }
  bool add(Value value) {
    if (stack_.empty())
      root_ = std::move(value);
    else if (stack_.back().object)
      stack_.back().entries.back().second = std::move(value);
    else
      stack_.back().items.push_back(std::move(value));
    return true;
  }
  bool give_up(const char* why) {
    why_ = why;
    return false;
  }

  std::vector<Frame> stack_;
  Value root_;
  std::string why_;
  std::size_t column_ = 1;
};

}  // namespace

void JsonWriter::comma() {
  if (out_.empty()) return;
  const char last = out_.back();
  if (last != '{' && last != '[' && last != ':' && last != '\n' && last != ' ') out_.push_back(',');
}

void JsonWriter::open(char bracket) {
  comma();
  out_.push_back(bracket);
}

void JsonWriter::key(std::string_view name) {
  string(name);
  out_.push_back(':');
}

void JsonWriter::string(std::string_view text) {
  comma();
  out_.push_back('"');
  if (plain(text))
    out_.append(text);
  else
    out_.append(json_escape(text));
  out_.push_back('"');
}

void JsonWriter::integer(std::int64_t number) {
  comma();
  char buffer[24];
  out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
}

void JsonWriter::unsigned_integer(std::uint64_t number) {
  comma();
  char buffer[24];
  out_.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, number).ptr);
}

void JsonWriter::boolean(bool on) {
  comma();
  out_.append(on ? "true" : "false");
}

void JsonWriter::null() {
  comma();
  out_.append("null");
}

Result<void> JsonWriter::value(const Value& value, int depth) {
  // Records wrap values in a few levels of their own.
  if (depth > kDeepest - 10) return fail(impossible("a value is nested too deeply to be stored"));
  switch (value.kind()) {
    case Value::Kind::null:
      null();
      return {};
    case Value::Kind::boolean:
      boolean(value.as_bool());
      return {};
    case Value::Kind::integer:
      integer(value.as_integer());
      return {};
    case Value::Kind::number: {
      const double number = value.as_number();
      if (!std::isfinite(number)) return fail(impossible("a number that is not finite cannot be stored"));
      comma();
      char buffer[40];
      const std::string_view text(
          buffer, static_cast<std::size_t>(std::to_chars(buffer, buffer + sizeof buffer, number).ptr - buffer));
      out_.append(text);
      // A fraction keeps a number a number when it is read back.
      if (text.find_first_of(".e") == std::string_view::npos) out_.append(".0");
      return {};
    }
    case Value::Kind::string:
      string(value.as_string());
      return {};
    case Value::Kind::list:
      begin_list();
      for (const Value& item : value.as_list()) PLUMB_CHECK(this->value(item, depth + 1));
      end_list();
      return {};
    case Value::Kind::map:
      begin_object();
      for (const auto& [name, item] : value.as_map()) {
        key(name);
        PLUMB_CHECK(this->value(item, depth + 1));
      }
      end_object();
      return {};
    case Value::Kind::unknown:
      return fail(impossible("an unknown value cannot be stored"));
    case Value::Kind::unavailable:
      return fail(impossible("an unavailable value cannot be stored here"));
  }
  return {};
}

Result<Value> parse_json(std::string_view text) {
  Builder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) return fail(builder.error());
  return builder.take();
}

}  // namespace plumb::statefile
