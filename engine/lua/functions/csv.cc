// CSV (RFC 4180): a header line, then one map a line.
#include <set>

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

char check_separator(lua_State* L, int index) {
  if (lua_isnoneornil(L, index)) return ',';
  const std::string_view text = check_text(L, index);
  if (text.size() != 1 || text == "\"" || text == "\n" || text == "\r") {
    bad_argument(L, index, "one character as separator expected");
  }
  return text.front();
}

class Reader {
 public:
  Reader(lua_State* L, std::string_view text, char separator) : L_(L), text_(text), separator_(separator) {}

  [[nodiscard]] bool at_end() const { return at_ >= text_.size(); }
  [[nodiscard]] std::size_t line() const { return line_; }

  std::vector<std::string> row() {
    std::vector<std::string> fields;
    while (true) {
      fields.push_back(field());
      charge_values(L_, 1, fields.back().size());
      if (at_end() || text_[at_] != separator_) break;
      ++at_;
    }
    if (!at_end() && text_[at_] == '\r') ++at_;
    if (!at_end()) {
      if (text_[at_] != '\n') refuse("text behind a closing quote");
      ++at_;
      ++line_;
    }
    return fields;
  }

  [[noreturn]] void refuse(const std::string& why) {
    bad_argument(L_, 1, ("CSV expected, got " + why + " in line " + std::to_string(line_)).c_str());
  }

 private:
  std::string field() {
    if (!at_end() && text_[at_] == '"') return quoted();
    const std::size_t begin = at_;
    while (!at_end() && text_[at_] != separator_ && text_[at_] != '\n' && !line_break_at(at_)) {
      if (text_[at_] == '"') refuse("a quote inside of an unquoted field");
      ++at_;
    }
    return std::string(text_.substr(begin, at_ - begin));
  }

  [[nodiscard]] bool line_break_at(std::size_t at) const {
    return text_[at] == '\r' && at + 1 < text_.size() && text_[at + 1] == '\n';
  }

  std::string quoted() {
    std::string out;
    const std::size_t first = line_;
    for (++at_; !at_end(); ++at_) {
      if (text_[at_] == '"') {
        if (at_ + 1 >= text_.size() || text_[at_ + 1] != '"') {
          ++at_;
          return out;
        }
        ++at_;
      }
      if (text_[at_] == '\n') ++line_;
      out += text_[at_];
    }
    line_ = first;
    refuse("a quote without an end");
  }

  lua_State* L_;
  std::string_view text_;
  char separator_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
};

class Writer {
 public:
  Writer(lua_State* L, char separator) : L_(L), separator_(separator) {}

  void field(std::string_view text) {
    charge_bytes(L_, text.size());
    check_size(L_, out_.size() + 2 * text.size() + 4);
    if (!first_) out_ += separator_;
    const bool plain = text.find_first_of("\"\r\n") == std::string_view::npos &&
                       text.find(separator_) == std::string_view::npos && !(first_ && text.empty());
    first_ = false;
    if (plain) {
      out_ += text;
      return;
    }
    out_ += '"';
    for (const char c : text) {
      if (c == '"') out_ += '"';
      out_ += c;
    }
    out_ += '"';
  }
  void end_row() {
    out_ += '\n';
    first_ = true;
  }
  [[nodiscard]] const std::string& text() const { return out_; }

 private:
  lua_State* L_;
  char separator_;
  bool first_ = true;
  std::string out_;
};

}  // namespace

int csv_decode(lua_State* L) {
  std::string_view text = check_text(L, 1);
  charge(L, text.size() / 4);
  if (text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
  Reader reader(L, text, check_separator(L, 2));
  if (reader.at_end()) return push_list(L, {});
  const std::vector<std::string> names = reader.row();
  if (std::set<std::string_view>(names.begin(), names.end()).size() != names.size()) {
    bad_argument(L, 1, "CSV with different names in its first line expected");
  }
  Value::List rows;
  while (!reader.at_end()) {
    const std::size_t line = reader.line();
    std::vector<std::string> fields = reader.row();
    if (fields.size() == 1 && fields.front().empty() && names.size() > 1) continue;  // an empty line
    if (fields.size() != names.size()) {
      bad_argument(L, 1,
                   ("CSV with " + std::to_string(names.size()) + " fields a line expected, got " +
                    std::to_string(fields.size()) + " in line " + std::to_string(line))
                       .c_str());
    }
    std::vector<ValueMap::Entry> entries;
    charge_values(L, names.size() + 1);
    for (std::size_t i = 0; i < names.size(); ++i) entries.emplace_back(names[i], Value(std::move(fields[i])));
    rows.emplace_back(ValueMap::from(std::move(entries)));
  }
  return push_list(L, std::move(rows));
}

int csv_encode(lua_State* L) {
  const Value list = check_list(L, 1);
  read_content(L, list);
  std::vector<std::string> names;
  if (lua_isnoneornil(L, 2)) {
    std::set<std::string> all;
    for (const Value& row : list.as_list()) {
      if (!row.is_map()) {
        bad_argument(L, 1, ("list of maps expected, got a " + std::string(row.kind_name()) + " in it").c_str());
      }
      charge(L, row.as_map().size());
      for (const auto& entry : row.as_map()) all.insert(entry.first);
    }
    names.assign(all.begin(), all.end());
  } else {
    lua_settop(L, 2);
    names = check_texts(L, 2);
  }
  Writer writer(L, ',');
  for (const std::string& name : names) writer.field(name);
  writer.end_row();
  for (const Value& row : list.as_list()) {
    for (const std::string& name : names) {
      const Value field = row.get(name);
      const auto text = scalar_text(field);
      if (!text) bad_argument(L, 1, ("texts as fields expected, got a " + std::string(field.kind_name())).c_str());
      writer.field(*text);
    }
    writer.end_row();
  }
  return push_result(L, names.empty() ? std::string_view() : writer.text());
}

}  // namespace plumb::lua::functions
