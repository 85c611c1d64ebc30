// One spelling for everything that means the same.
#include <algorithm>
#include <cctype>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "engine/model/address.h"
#include "engine/model/json_text.h"
#include "engine/model/schema.h"

namespace plumb {

namespace {

using Text = Result<std::string>;

tl::unexpected<Error> unreadable(std::string_view text, const std::string& what, const std::string& next) {
  return fail(quoted(text) + " is no " + what, next);
}

Text duration(const std::string& text) {
  static const std::string next = "write it as 90s, 5m or 1h30m";
  constexpr double longest = 9.2e9;  // seconds; an int64 of nanoseconds, as Go's
  if (text.empty()) return unreadable(text, "duration", next);
  long double nanoseconds = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    double number = 0;
    const auto [after, error] = std::from_chars(at, end, number, std::chars_format::fixed);
    if (error != std::errc() || !(number >= 0 && number < 1e19)) return unreadable(text, "duration", next);
    const bool first = at == text.data();
    at = after;
    const char* unit_end = at;
    while (unit_end != end && std::isalpha(static_cast<unsigned char>(*unit_end)) != 0) ++unit_end;
    const std::string_view unit(at, static_cast<std::size_t>(unit_end - at));
    const double factor = unit.empty() || unit == "s" ? 1e9
                          : unit == "ms"              ? 1e6
                          : unit == "us"              ? 1e3
                          : unit == "ns"              ? 1
                          : unit == "m"               ? 60e9
                          : unit == "h"               ? 3600e9
                          : unit == "d"               ? 86400e9
                                                      : 0;
    // Plain seconds stand alone: `1h30` could mean two things.
    if (factor == 0 || (unit.empty() && !(first && unit_end == end))) return unreadable(text, "duration", next);
    nanoseconds += static_cast<long double>(number) * factor;
    at = unit_end;
  }
  if (nanoseconds > longest * 1e9L) return unreadable(text, "duration", "write one shorter than 290 years");
  const auto total = static_cast<std::int64_t>(std::llroundl(nanoseconds));
  const std::int64_t seconds = total / 1'000'000'000;
  std::string fraction = std::to_string(total % 1'000'000'000 + 1'000'000'000).replace(0, 1, ".");
  while (!fraction.empty() && (fraction.back() == '0' || fraction.back() == '.')) fraction.pop_back();
  std::string out;
  if (seconds >= 3600) out += std::to_string(seconds / 3600) + "h";
  if (seconds % 3600 >= 60) out += std::to_string(seconds % 3600 / 60) + "m";
  if (seconds % 60 > 0 || !fraction.empty() || out.empty()) out += std::to_string(seconds % 60) + fraction + "s";
  return out;
}

Text quantity(const std::string& text) {
  struct Suffix {
    std::string_view text;
    double factor;
    double divisor = 1;  // dividing is exact where multiplying by 0.001 is not
  };
  static constexpr Suffix kSuffixes[] = {{"", 1},
                                         {"Ki", 1024.0},
                                         {"Mi", 1048576.0},
                                         {"Gi", 1073741824.0},
                                         {"Ti", 1099511627776.0},
                                         {"Pi", 1125899906842624.0},
                                         {"Ei", 1152921504606846976.0},
                                         {"n", 1, 1e9},
                                         {"u", 1, 1e6},
                                         {"m", 1, 1e3},
                                         {"k", 1e3},
                                         {"M", 1e6},
                                         {"G", 1e9},
                                         {"T", 1e12},
                                         {"P", 1e15},
                                         {"E", 1e18}};
  static const std::string next = "write it as 500m, 2, 128Mi or 1G";
  double number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || !std::isfinite(number)) return unreadable(text, "quantity", next);
  const std::string_view rest(after, static_cast<std::size_t>(text.data() + text.size() - after));
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text != rest) continue;
    const double value = number * suffix.factor / suffix.divisor;
    return std::nearbyint(value) == value ? number_text(value) : number_text(std::round(value * 1e9) / 1e6) + "m";
  }
  return unreadable(text, "quantity", next);
}

// Days from the epoch of a civil date (Howard Hinnant's algorithm, in the public domain).
std::int64_t days_from_civil(std::int64_t y, unsigned m, unsigned d) {
  y -= m <= 2 ? 1 : 0;
  const std::int64_t era = (y >= 0 ? y : y - 399) / 400;
  const auto yoe = static_cast<unsigned>(y - era * 400);
  const unsigned doy = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
  const unsigned doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
  return era * 146097 + static_cast<std::int64_t>(doe) - 719468;
}

std::string civil_text(std::int64_t seconds, const std::string& fraction) {
  std::int64_t days = seconds / 86400;
  std::int64_t rest = seconds % 86400;
  if (rest < 0) {
    rest += 86400;
    --days;
  }
  const std::int64_t z = days + 719468;
  const std::int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  const auto doe = static_cast<unsigned>(z - era * 146097);
  const unsigned yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
  const unsigned doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
  const unsigned mp = (5 * doy + 2) / 153;
  const unsigned day = doy - (153 * mp + 2) / 5 + 1;
  const unsigned month = mp < 10 ? mp + 3 : mp - 9;
  const std::int64_t year = static_cast<std::int64_t>(yoe) + era * 400 + (month <= 2 ? 1 : 0);
  char buffer[80];
  std::snprintf(buffer, sizeof buffer, "%04lld-%02u-%02uT%02lld:%02lld:%02lld%sZ", static_cast<long long>(year), month,
                day, static_cast<long long>(rest / 3600), static_cast<long long>(rest / 60 % 60),
                static_cast<long long>(rest % 60), fraction.substr(0, 12).c_str());
  return buffer;
}

// Reads exactly `digits` digits.
bool take(std::string_view& text, std::size_t digits, int& out) {
  if (text.size() < digits) return false;
  const auto [end, error] = std::from_chars(text.data(), text.data() + digits, out);
  if (error != std::errc() || end != text.data() + digits || text[0] == '-') return false;
  text.remove_prefix(digits);
  return true;
}

bool skip(std::string_view& text, char c) {
  if (text.empty() || text[0] != c) return false;
  text.remove_prefix(1);
  return true;
}

Text instant(const std::string& original) {
  if (original == "infinity" || original == "-infinity") return original;
  const auto bad = [&] {
    return unreadable(original, "point in time", "write it as 2026-01-31T12:00:00Z, or infinity");
  };
  std::string_view text = original;
  int year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  if (!take(text, 4, year) || !skip(text, '-') || !take(text, 2, month) || !skip(text, '-') || !take(text, 2, day))
    return bad();
  static constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12) return bad();
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  if (day < 1 || day > kDays[month - 1] + (month == 2 && leap ? 1 : 0)) return bad();
  std::string fraction;
  std::int64_t offset = 0;
  if (!text.empty()) {
    if (text[0] != 'T' && text[0] != 't' && text[0] != ' ') return bad();
    text.remove_prefix(1);
    if (!take(text, 2, hour) || !skip(text, ':') || !take(text, 2, minute)) return bad();
    if (skip(text, ':') && !take(text, 2, second)) return bad();
    if (hour > 23 || minute > 59 || second > 60) return bad();
    if (!text.empty() && text[0] == '.') {
      std::size_t n = 1;
      while (n < text.size() && std::isdigit(static_cast<unsigned char>(text[n])) != 0) ++n;
      if (n == 1) return bad();
      fraction = std::string(text.substr(0, n));
      while (!fraction.empty() && (fraction.back() == '0' || fraction.back() == '.')) fraction.pop_back();
      text.remove_prefix(n);
    }
    if (!text.empty() && (text[0] == '+' || text[0] == '-')) {
      const int sign = text[0] == '-' ? -1 : 1;
      text.remove_prefix(1);
      int hours = 0, minutes = 0;
      if (!take(text, 2, hours)) return bad();
      const bool more = skip(text, ':') || !text.empty();
      if (more && !take(text, 2, minutes)) return bad();
      if (hours > 15 || minutes > 59) return bad();
      offset = sign * (hours * 3600 + minutes * 60);
    } else if (!text.empty() && !skip(text, 'Z') && !skip(text, 'z')) {
      return bad();
    }
    if (!text.empty()) return bad();
  }
  const std::int64_t seconds = days_from_civil(year, static_cast<unsigned>(month), static_cast<unsigned>(day)) * 86400 +
                               hour * 3600 + minute * 60 + second - offset;
  return civil_text(seconds, fraction);
}

bool word_byte(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_' || c == '$' || (c & 0x80) != 0;
}

// Whether white space between these two bytes tells two things apart.
bool gap_counts(char left, char right) {
  const auto wordy = [](char c) { return word_byte(c) || c == '\'' || c == '"'; };
  const auto symbol = [](char c) { return std::string_view("+-*/<>=~!@#%^&|`?:").find(c) != std::string_view::npos; };
  return (wordy(left) && wordy(right)) || (symbol(left) && symbol(right));
}

// The bytes of the quoted part that begins at `at`, its end included; 0 if none begins there. Knows '...', "..." and
// $tag$...$tag$; one that is not closed runs to the end.
std::size_t quoted_part(std::string_view text, std::size_t at) {
  std::string_view closing = text.substr(at, 1);
  if (closing == "$") {
    if (at > 0 && word_byte(text[at - 1])) return 0;
    std::size_t end = at + 1;
    while (end < text.size() && text[end] != '$' && word_byte(text[end])) ++end;
    if (end >= text.size() || text[end] != '$' || std::isdigit(static_cast<unsigned char>(text[at + 1])) != 0) return 0;
    closing = text.substr(at, end + 1 - at);
  } else if (closing != "'" && closing != "\"") {
    return 0;
  }
  const std::size_t found = text.find(closing, at + closing.size());
  return found == std::string_view::npos ? text.size() - at : found + closing.size() - at;
}

Text sql_expression(const std::string& text) {
  std::string out;
  bool gap = false;
  for (std::size_t at = 0; at < text.size();) {
    if (std::isspace(static_cast<unsigned char>(text[at])) != 0) {
      gap = !out.empty();
      ++at;
      continue;
    }
    if (gap && gap_counts(out.back(), text[at])) out += ' ';
    gap = false;
    if (const std::size_t size = quoted_part(text, at); size > 0) {
      out.append(text, at, size);
      at += size;
    } else {
      const char c = text[at++];
      out += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
  }
  return out;
}

Text lower(const std::string& text) {
  std::string out = text;
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

Text without_newlines(const std::string& text) {
  std::string out = text;
  while (!out.empty() && (out.back() == '\n' || out.back() == '\r')) out.pop_back();
  return out;
}

Text spelled(const std::string& text, Comparison comparison) {
  switch (comparison) {
    case Comparison::exact:
    case Comparison::server_default:
      return text;
    case Comparison::text_trailing_newline:
      return without_newlines(text);
    case Comparison::duration:
      return duration(text);
    case Comparison::quantity:
      return quantity(text);
    case Comparison::json:
      return canonical_json(text);
    case Comparison::sql_expression:
      return sql_expression(text);
    case Comparison::identifier_case:
      return lower(text);
    case Comparison::instant:
      return instant(text);
  }
  return text;
}

// Every string of the value in its one spelling. A secret is not repeated in an error.
Result<Value> respelled(const Value& value, Comparison comparison, bool secret) {
  secret = secret || value.sensitive();
  if (value.is_string()) {
    auto text = spelled(value.as_string(), comparison);
    if (text.has_value()) return Value(std::move(*text)).with_sensitive(value.sensitive());
    if (secret) return fail("the secret here cannot be read", text.error().next_step);
    return fail(std::move(text).error());
  }
  if (value.is_list()) {
    Value::List items;
    items.reserve(value.as_list().size());
    for (const Value& item : value.as_list()) items.push_back(PLUMB_TRY(respelled(item, comparison, secret)));
    return Value(std::move(items)).with_sensitive(value.sensitive());
  }
  if (value.is_map()) {
    std::vector<ValueMap::Entry> entries;
    entries.reserve(value.as_map().size());
    for (const auto& [key, item] : value.as_map()) {
      entries.emplace_back(key, PLUMB_TRY(respelled(item, comparison, secret)));
    }
    return Value(ValueMap::from(std::move(entries))).with_sensitive(value.sensitive());
  }
  return value;
}

}  // namespace

Result<Value> canonical(const Value& value, const Attribute& attribute) {
  const bool as_written =
      attribute.comparison == Comparison::exact || attribute.comparison == Comparison::server_default;
  Value out = as_written
                  ? value
                  : PLUMB_TRY(respelled(value, attribute.comparison, attribute.sensitive || attribute.type->sensitive));
  const Type::Kind kind = attribute.type->kind;
  const bool is_text = kind == Type::Kind::string || kind == Type::Kind::enumeration;
  if (is_text || kind == Type::Kind::boolean || kind == Type::Kind::any || out.is_null()) return out;
  // Sets are sorted after their elements are spelled. What does not fit the type (a server's oddity) stays as it is.
  Converted converted = convert(out, *attribute.type);
  return converted.errors.empty() ? std::move(converted.value) : std::move(out);
}

bool equivalent(const Value& a, const Value& b, const Attribute& attribute) {
  if (a.any_unknown() || b.any_unknown()) return false;
  if (a == b) return true;
  if (attribute.comparison == Comparison::server_default && (a.is_null() || b.is_null())) return true;
  const auto x = canonical(a, attribute);
  const auto y = canonical(b, attribute);
  return x.has_value() && y.has_value() && x.value() == y.value();
}

}  // namespace plumb
