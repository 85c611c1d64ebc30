// YAML. Written so that every reader sees the same value, those of YAML 1.1 too; read by the host.
#include <algorithm>
#include <array>

#include "engine/base/text.h"
#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }

// Words that some version of YAML reads as something else than text.
bool is_word_of_yaml(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  constexpr std::array words{"null", "true", "false", "yes", "no", "on", "off", "y", "n"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

// Text that needs no quotes: it starts with a letter, and nothing in it can mean anything.
bool is_plain(std::string_view text) {
  if (text.empty() || text.size() > 200 || !is_letter(text.front()) || is_word_of_yaml(text)) return false;
  const auto harmless = [](char c) {
    return is_letter(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '/' || c == '@';
  };
  return std::all_of(text.begin(), text.end(), harmless);
}

class Writer {
 public:
  explicit Writer(lua_State* L) : L_(L) {}

  // The value that stands behind `key:` or `-`, or at the top.
  void write(const Value& value, std::size_t depth, bool in_list) {
    charge(L_, 1 + depth / 8);
    if (value.is_list() && !value.as_list().empty()) {
      bool first = in_list;
      for (const Value& item : value.as_list()) {
        line(depth, first);
        first = false;
        out_ += "-";
        below(item, depth, true);
      }
    } else if (value.is_map() && !value.as_map().empty()) {
      bool first = in_list;
      for (const auto& [key, item] : value.as_map()) {
        line(depth, first);
        first = false;
        const std::size_t begin = out_.size();
        text(key);
        // What YAML's own rules allow for a key on its line.
        if (out_.size() - begin > 1000) bad_argument(L_, 1, "keys of at most 1000 bytes expected");
        out_ += ":";
        below(item, depth, false);
      }
    } else {
      if (!out_.empty()) out_ += ' ';
      scalar(value);
    }
    check_size(L_, out_.size());
  }

  std::string take() {
    out_ += '\n';
    return std::move(out_);
  }

 private:
  void below(const Value& item, std::size_t depth, bool in_list) {
    const bool nested = (item.is_list() && !item.as_list().empty()) || (item.is_map() && !item.as_map().empty());
    // A container in a list begins on the line of its dash.
    if (nested && in_list) out_ += ' ';
    write(item, depth + 1, nested && in_list);
  }

  // Begins a line, unless what follows stands behind a dash.
  void line(std::size_t depth, bool here) {
    if (here) return;
    if (!out_.empty()) out_ += '\n';
    out_.append(2 * depth, ' ');
  }

  void text(std::string_view text) {
    charge_bytes(L_, text.size());
    if (is_plain(text)) {
      out_ += text;
    } else {
      (out_ += '"') += json_escape(text);
      out_ += '"';
    }
  }

  void scalar(const Value& value) {
    if (value.is_list()) {
      out_ += "[]";
    } else if (value.is_map()) {
      out_ += "{}";
    } else if (value.is_string()) {
      text(value.as_string());
    } else {
      out_ += value.is_null() ? "null" : *scalar_text(value);
    }
  }

  lua_State* L_;
  std::string out_;
};

}  // namespace

int yaml_encode(lua_State* L) {
  if (lua_isnone(L, 1)) wrong_argument(L, 1, "value");
  const Value value = to_value(L, 1);
  read_content(L, value);
  Writer writer(L);
  writer.write(value, 0, false);
  return push_result(L, writer.take());
}

int yaml_decode(lua_State* L) {
  const std::string_view text = check_text(L, 1);
  // The reader builds a tree with positions, which is many times the text.
  charge(L, text.size());
  charge_values(L, text.size() / 2);
  auto value = run_of(L).host->parse_yaml(text);
  if (!value) {
    Error error = std::move(value).error();
    // Its words may quote the text.
    if (run_of(L).sensitive) error.message = "not YAML; the message is withheld because the text is sensitive";
    raise_error(L, std::move(error).in("yaml_decode"));
  }
  charge(L, value->weight());
  push_value(L, *value);
  return 1;
}

}  // namespace plumb::lua::functions
