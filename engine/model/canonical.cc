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
  if (text.empty()) return unreadable(text, "duration", next);
  double seconds = 0;
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end) {
    double number = 0;
    const auto [after, error] = std::from_chars(at, end, number, std::chars_format::fixed);
    if (error != std::errc() || number < 0) return unreadable(text, "duration", next);
    at = after;
    const char* unit_end = at;
    while (unit_end != end && std::isalpha(static_cast<unsigned char>(*unit_end)) != 0) ++unit_end;
    const std::string_view unit(at, static_cast<std::size_t>(unit_end - at));
    const double factor = unit.empty() || unit == "s" ? 1
                          : unit == "ms"              ? 1e-3
                          : unit == "us"              ? 1e-6
                          : unit == "m"               ? 60
                          : unit == "h"               ? 3600
                          : unit == "d"               ? 86400
                                                      : 0;
    if (factor == 0 || (unit.empty() && unit_end != end)) return unreadable(text, "duration", next);
    seconds += number * factor;
    at = unit_end;
  }
  const auto whole = static_cast<std::int64_t>(seconds);
  std::string out;
  if (whole >= 3600) out += std::to_string(whole / 3600) + "h";
  if (whole % 3600 >= 60) out += std::to_string(whole % 3600 / 60) + "m";
  const double rest = seconds - static_cast<double>(whole) + static_cast<double>(whole % 60);
  if (rest > 1e-9 || out.empty()) out += number_text(std::round(rest * 1e6) / 1e6) + "s";
  return out;
}

Text quantity(const std::string& text) {
  struct Suffix {
    std::string_view text;
    double factor;
  };
  static constexpr Suffix kSuffixes[] = {{"Ki", 1024.0},
                                         {"Mi", 1048576.0},
                                         {"Gi", 1073741824.0},
                                         {"Ti", 1099511627776.0},
                                         {"Pi", 1125899906842624.0},
                                         {"Ei", 1152921504606846976.0},
                                         {"n", 1e-9},
                                         {"u", 1e-6},
                                         {"m", 1e-3},
                                         {"k", 1e3},
                                         {"M", 1e6},
                                         {"G", 1e9},
                                         {"T", 1e12},
                                         {"P", 1e15},
                                         {"E", 1e18}};
  static const std::string next = "write it as 500m, 2, 128Mi or 1G";
  double number = 0;
  const auto [after, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return unreadable(text, "quantity", next);
  const std::string_view rest(after, static_cast<std::size_t>(text.data() + text.size() - after));
  if (rest.empty()) return number_text(number);
  for (const Suffix& suffix : kSuffixes) {
    if (suffix.text != rest) continue;
    const double value = number * suffix.factor;
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

Text sql_expression(const std::string& text) {
  std::string out;
  char quote = 0;
  bool gap = false;
  for (const char c : text) {
    if (quote != 0) {
      out += c;
      if (c == quote) quote = 0;
      continue;
    }
    if (std::isspace(static_cast<unsigned char>(c)) != 0) {
      gap = !out.empty();
      continue;
    }
    if (gap) out += ' ';
    gap = false;
    if (c == '\'' || c == '"') quote = c;
    out += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
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

Result<Value> canonical_value(const Value& value, const Type& type, Comparison comparison) {
  const bool leaf_only = comparison == Comparison::exact || comparison == Comparison::server_default;
  if (value.is_string()) {
    if (leaf_only) return value;
    auto text = spelled(value.as_string(), comparison);
    if (!text.has_value()) {
      // A secret is not repeated in a message.
      if (value.sensitive()) return fail("cannot be read", text.error().next_step);
      return fail(std::move(text).error());
    }
    return Value(std::move(text).value()).with_sensitive(value.sensitive());
  }
  const bool ordered = type.kind != Type::Kind::set && type.kind != Type::Kind::keyed_list;
  if (leaf_only && ordered) return value;
  if (value.is_list()) {
    Value::List items;
    for (const Value& item : value.as_list()) {
      items.push_back(PLUMB_TRY(canonical_value(item, type.element ? *type.element : *any_type(), comparison)));
    }
    if (!ordered) {
      Type as_set = type;
      auto sorted = convert(Value(items), as_set);
      if (sorted.errors.empty()) return sorted.value.with_sensitive(value.sensitive());
    }
    return Value(std::move(items)).with_sensitive(value.sensitive());
  }
  if (value.is_map()) {
    ValueMap map;
    for (const auto& [key, item] : value.as_map()) {
      map.set(key, PLUMB_TRY(canonical_value(item, type.element ? *type.element : *any_type(), comparison)));
    }
    return Value(std::move(map)).with_sensitive(value.sensitive());
  }
  return value;
}

}  // namespace

Result<Value> canonical(const Value& value, const Attribute& attribute) {
  return canonical_value(value, *attribute.type, attribute.comparison);
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
