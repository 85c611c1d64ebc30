#include "engine/model/address.h"

#include <algorithm>
#include <array>

#include "engine/model/quoted_text.h"

namespace plumb {

namespace {

constexpr std::array<std::string_view, 22> kLuaKeywords = {
    "and", "break", "do",  "else", "elseif", "end",    "false",  "for",  "function", "goto",  "if",
    "in",  "local", "nil", "not",  "or",     "repeat", "return", "then", "true",     "until", "while"};
constexpr std::array<std::string_view, 8> kScopeNames = {"var",    "locals", "each",  "data",
                                                         "module", "stacks", "stack", "self"};

bool starts_name(char c) noexcept { return (c >= 'a' && c <= 'z') || c == '_'; }
bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }
bool continues_name(char c) noexcept { return starts_name(c) || is_digit(c); }

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  Result<Address> read(bool modules_too) {
    Address address;
    std::string first = PLUMB_TRY(name("a provider or `module`"));
    while (first == "module") {
      PLUMB_CHECK(dot("the module's name"));
      ModuleStep step{PLUMB_TRY(name("the module's name")), std::nullopt};
      step.key = PLUMB_TRY(key());
      address.modules.push_back(std::move(step));
      if (modules_too && at_ == text_.size()) return address;
      PLUMB_CHECK(dot("what is in the module"));
      first = PLUMB_TRY(name("a provider or `module`"));
    }
    if (first == "data") {
      address.data = true;
      PLUMB_CHECK(dot("the provider"));
      first = PLUMB_TRY(name("a provider"));
    }
    PLUMB_CHECK(dot("the type"));
    address.type = first + '.' + PLUMB_TRY(name("the type"));
    PLUMB_CHECK(dot("the resource's name"));
    address.name = PLUMB_TRY(name("the resource's name"));
    address.key = PLUMB_TRY(key());
    if (at_ < text_.size()) return bad("expected nothing more");
    return address;
  }

 private:
  [[nodiscard]] bool next_is(char c) const noexcept { return at_ < text_.size() && text_[at_] == c; }

  Result<std::string> name(const std::string& what) {
    const std::size_t start = at_;
    if (at_ < text_.size() && starts_name(text_[at_])) {
      while (at_ < text_.size() && continues_name(text_[at_])) ++at_;
    }
    if (at_ == start) return bad("expected " + what);
    return std::string(text_.substr(start, at_ - start));
  }

  Result<void> dot(const std::string& before) {
    if (!next_is('.')) return bad("expected `.` and " + before);
    ++at_;
    return {};
  }

  Result<std::optional<std::string>> key() {
    if (!next_is('[')) return std::optional<std::string>();
    ++at_;
    if (!next_is('"')) return bare_key();
    auto read = read_quoted(text_, at_);
    if (!read) return bad("the quoted key is not closed, or has an unknown escape");
    if (!next_is(']')) return bad("expected `]`");
    ++at_;
    return read;
  }

  // Always an error; what stands there tells which.
  [[nodiscard]] tl::unexpected<Error> bare_key() const {
    const std::size_t end = text_.find(']', at_);
    if (end == std::string_view::npos || end == at_) return bad("expected a quoted key");
    const std::string_view inside = text_.substr(at_, end - at_);
    return bad("a key is written in quotes", "write `[" + quoted(inside) + "]`");
  }

  [[nodiscard]] tl::unexpected<Error> bad(const std::string& what, std::string next_step = {}) const {
    if (next_step.empty())
      next_step = "write it as `postgres.role.app[\"reader\"]`, with `module.name.` before it in a module";
    return fail("the address " + quoted(text_) + " cannot be read at column " + std::to_string(at_ + 1) + ": " + what,
                std::move(next_step));
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

std::strong_ordering reversed(std::strong_ordering order) noexcept { return 0 <=> order; }

// A whole number of any length.
struct Whole {
  bool negative = false;
  std::string_view digits;  // without leading zeros; empty for 0
};

std::optional<Whole> whole(std::string_view key) noexcept {
  Whole out;
  const bool sign = !key.empty() && key.front() == '-';
  if (sign) key.remove_prefix(1);
  if (key.empty() || !std::all_of(key.begin(), key.end(), is_digit)) return std::nullopt;
  key.remove_prefix(std::min(key.find_first_not_of('0'), key.size()));
  out.digits = key;
  out.negative = sign && !key.empty();
  return out;
}

std::strong_ordering compare(const Whole& a, const Whole& b) noexcept {
  if (a.negative != b.negative) return a.negative ? std::strong_ordering::less : std::strong_ordering::greater;
  auto size = a.digits.size() <=> b.digits.size();
  if (size == 0) size = a.digits <=> b.digits;
  return a.negative ? reversed(size) : size;
}

// No key, then numbers by size (`7` and `07` by their bytes, to agree with ==), then the rest by bytes.
std::strong_ordering compare(const std::optional<std::string>& a, const std::optional<std::string>& b) noexcept {
  if (!a || !b) return a.has_value() <=> b.has_value();
  const auto x = whole(*a);
  const auto y = whole(*b);
  if (x.has_value() != y.has_value()) return y.has_value() <=> x.has_value();
  if (x) {
    if (const auto order = compare(*x, *y); order != 0) return order;
  }
  return *a <=> *b;
}

std::strong_ordering compare(const ModuleStep& a, const ModuleStep& b) noexcept {
  const auto order = a.name <=> b.name;
  return order != 0 ? order : compare(a.key, b.key);
}

void write_key(std::string& out, const std::optional<std::string>& key) {
  if (key) out += '[' + quoted(*key) + ']';
}

}  // namespace

Result<Address> Address::parse(std::string_view text) { return Reader(text).read(false); }
Result<Address> Address::parse_any(std::string_view text) { return Reader(text).read(true); }

std::string Address::str() const {
  std::string out;
  for (const ModuleStep& step : modules) {
    out += "module." + step.name;
    write_key(out, step.key);
    out += '.';
  }
  if (is_module()) {
    if (!out.empty()) out.pop_back();
    return out;
  }
  if (data) out += "data.";
  out += type + '.' + name;
  write_key(out, key);
  return out;
}

std::string_view Address::provider() const noexcept { return std::string_view(type).substr(0, type.find('.')); }

Address Address::resource() const { return {modules, type, name, std::nullopt, data}; }

bool Address::is_instance_of(const Address& resource) const {
  return modules == resource.modules && type == resource.type && name == resource.name && data == resource.data;
}

bool Address::covers(const Address& other) const {
  if (!is_module()) return *this == other || (!key && other.is_instance_of(*this));
  if (other.modules.size() < modules.size()) return false;
  for (std::size_t i = 0; i < modules.size(); ++i) {
    const bool any_call = i + 1 == modules.size() && !modules[i].key;
    if (modules[i].name != other.modules[i].name) return false;
    if (!any_call && modules[i].key != other.modules[i].key) return false;
  }
  return true;
}

std::strong_ordering Address::operator<=>(const Address& other) const {
  const auto order =
      std::lexicographical_compare_three_way(modules.begin(), modules.end(), other.modules.begin(), other.modules.end(),
                                             [](const ModuleStep& a, const ModuleStep& b) { return compare(a, b); });
  if (order != 0) return order;
  if (const auto by_data = data <=> other.data; by_data != 0) return by_data;
  if (const auto by_type = type <=> other.type; by_type != 0) return by_type;
  if (const auto by_name = name <=> other.name; by_name != 0) return by_name;
  return compare(key, other.key);
}

Result<void> check_name(std::string_view name, std::string_view what) {
  const std::string called = std::string(what) + " name " + quoted(name);
  if (name.empty() || !starts_name(name.front()) || !std::all_of(name.begin(), name.end(), continues_name)) {
    return fail("the " + called + " cannot be used",
                "use lower-case letters, digits and `_`, and begin with a letter or `_`");
  }
  if (is_lua_keyword(name)) return fail("the " + called + " is a word of Lua", "choose another name");
  if (is_scope_name(name)) {
    return fail("the " + called + " has a meaning of its own in expressions", "choose another name");
  }
  return {};
}

bool is_scope_name(std::string_view name) noexcept {
  return std::find(kScopeNames.begin(), kScopeNames.end(), name) != kScopeNames.end();
}

bool is_lua_keyword(std::string_view name) noexcept {
  return std::find(kLuaKeywords.begin(), kLuaKeywords.end(), name) != kLuaKeywords.end();
}

}  // namespace plumb
