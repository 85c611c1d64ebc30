// The redactor: every text that comes from elsewhere (servers, logs) goes through one before anybody sees it.
#pragma once

#include <memory>
#include <string>
#include <string_view>

namespace plumb {

// Knows secrets of 8 bytes or more, and hides them in raw, JSON-escaped, URL-encoded (both hex cases, `+` and `%20`),
// base64 and base64url form (all three alignments), and line by line where a secret has several lines of 8 bytes or
// more. Line breaks in base64 and any mix of JSON escapes are seen through; encodings of encodings are not, JSON in
// JSON excepted. Cost of a call is linear in the text, whatever the number of secrets (automata, rebuilt after
// additions; n additions with calls in between cost n log n). Thread-safe.
class Redactor {
 public:
  Redactor();
  ~Redactor();
  Redactor(const Redactor&) = delete;
  Redactor& operator=(const Redactor&) = delete;

  void add(std::string_view secret);
  // The text with every occurrence as `(sensitive)`; touching or overlapping ones are one.
  [[nodiscard]] std::string redact(std::string_view text) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plumb
