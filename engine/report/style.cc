#include "engine/report/style.h"

namespace plumb {

namespace {

std::string_view code_of(Tone tone) noexcept {
  switch (tone) {
    case Tone::plain:
      return "";
    case Tone::good:
      return "\x1b[32m";
    case Tone::warn:
      return "\x1b[33m";
    case Tone::bad:
      return "\x1b[31m";
    case Tone::dim:
      return "\x1b[2m";
    case Tone::strong:
      return "\x1b[1m";
  }
  return "";
}

}  // namespace

std::string toned(std::string_view text, Tone tone, const TextOptions& options) {
  const std::string_view code = code_of(tone);
  if (!options.color || code.empty() || text.empty()) return std::string(text);
  std::string out(code);
  out += text;
  out += "\x1b[0m";
  return out;
}

Tone tone_of(Action action) noexcept {
  switch (action) {
    case Action::create:
    case Action::adopt:
      return Tone::good;
    case Action::update:
    case Action::deferred:
      return Tone::warn;
    case Action::replace:
    case Action::remove:
    case Action::forget:
    case Action::blocked:
      return Tone::bad;
    case Action::no_op:
    case Action::read:
    case Action::record:
      return Tone::plain;
  }
  return Tone::plain;
}

std::string cut_to(std::string_view text, std::size_t columns) {
  const auto starts_character = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) != 0x80; };
  std::size_t seen = 0;
  std::size_t keep = 0;  // bytes that leave room for the dots
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!starts_character(text[i])) continue;
    if (seen + 3 <= columns) keep = i;
    if (++seen > columns) return std::string(text.substr(0, keep)) + std::string(columns >= 3 ? "..." : "");
  }
  return std::string(text);
}

}  // namespace plumb
