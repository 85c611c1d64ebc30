// The fields of one line, read with all errors remembered: the first one is told by done().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb::statefile {

class Fields {
 public:
  explicit Fields(const Value& line);

  // A missing text is empty, a missing number 0 (or `otherwise`), a missing boolean false.
  std::string text(std::string_view key);
  std::string required_text(std::string_view key);
  std::uint64_t number(std::string_view key, std::uint64_t otherwise = 0);
  bool flag(std::string_view key);
  std::vector<std::string> texts(std::string_view key);
  // nullptr when missing.
  const Value* value(std::string_view key);
  // Missing is null.
  Value value_or_null(std::string_view key);
  // Every entry of a map as a text; empty when missing.
  std::vector<std::pair<std::string, std::string>> text_map(std::string_view key);
  void wrong(std::string why);
  // An error if a field was wrong, or is there and was not asked for: rewriting the file would lose it.
  Result<void> done();

 private:
  const Value* line_;
  std::vector<std::string_view> asked_;
  std::string error_;
};

}  // namespace plumb::statefile
