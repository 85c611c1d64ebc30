// JSON as state files use it: a writer that appends to a string, and a reader that gives a Value.
#pragma once

#include <string>
#include <string_view>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb::statefile {

inline constexpr int kDeepest = 500;

// Puts commas where they belong. The caller closes what it opens.
class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { out_.push_back('}'); }
  void begin_list() { open('['); }
  void end_list() { out_.push_back(']'); }
  void key(std::string_view name);
  void string(std::string_view text);
  void integer(std::int64_t number);
  void unsigned_integer(std::uint64_t number);
  void boolean(bool on);
  void null();
  // A known value; marks are the caller's business. Unknown, unavailable, endless numbers and values too deep to be
  // read back are internal errors.
  Result<void> value(const Value& value, int depth = 0);

 private:
  void comma();
  void open(char bracket);
  std::string& out_;
};

// One JSON text. The error carries the column (from 1) and no file. Duplicate keys, integers beyond int64 and depth
// beyond kDeepest are errors.
Result<Value> parse_json(std::string_view text);

}  // namespace plumb::statefile
