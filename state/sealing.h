// Kept secrets on their way to disk and back: sealed per leaf, and the sealed text kept aside, so that what did not
// change, or could not be opened, is written back byte for byte.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "engine/base/result.h"
#include "engine/model/value.h"

namespace plumb::statefile {

// Not thread-safe.
class Sealing {
 public:
  // What a sealed value belongs to: an instance (or a deposed object of it), or, for outputs, the word `output`.
  struct Owner {
    std::string_view uid;
    std::string_view deposed{};
  };

  void set_lineage(std::string lineage) { lineage_ = std::move(lineage); }
  void set_root_key(const std::string& root);
  [[nodiscard]] bool has_key() const noexcept { return !sealing_key_.empty(); }

  // Base64 text for a marked value. An unavailable one gives the text it was read from. Without a key a new value is an
  // error (Fault::internal).
  Result<std::string> text_of(const Owner& owner, const std::string& path, const Value& value);
  // The marked value behind base64 text; unavailable without the key.
  Result<Value> value_of(const Owner& owner, const std::string& path, const std::string& text);

 private:
  struct Opened {
    Value value;
    std::string text;
  };
  [[nodiscard]] std::string context(const Owner& owner, const std::string& path) const;

  std::string lineage_;
  std::string sealing_key_;
  std::unordered_map<std::string, Opened> opened_;
  std::unordered_map<std::string, std::string> unopened_;
};

}  // namespace plumb::statefile
