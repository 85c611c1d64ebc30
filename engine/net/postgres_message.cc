// What PostgreSQL says, turned into our errors.
#include <algorithm>
#include <array>

#include "engine/net/postgres.h"

namespace plumb::net {

namespace {

bool is_state(std::string_view text) {
  return text.size() == 5 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z'); });
}

// Where `:  XXXXX: ` stands: libpq writes it so in its verbose form, in every language.
std::size_t find_state(std::string_view text) {
  for (std::size_t at = text.find(":  "); at != std::string_view::npos; at = text.find(":  ", at + 1)) {
    if (at + 9 < text.size() && is_state(text.substr(at + 3, 5)) && text.substr(at + 8, 2) == ": ") return at;
  }
  return std::string_view::npos;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  return text;
}

// The field a line starts; npos when it goes on with the one before.
enum class Part : std::uint8_t { more, detail, hint, skip };

Part part_of(std::string_view line, std::string_view& rest) {
  if (line.starts_with("DETAIL:  ")) return rest = line.substr(9), Part::detail;
  if (line.starts_with("HINT:  ")) return rest = line.substr(7), Part::hint;
  // LINE and QUERY quote statements, which may hold a verifier.
  static constexpr std::array<std::string_view, 10> kSkipped = {
      "LINE ",         "QUERY:  ",       "CONTEXT:  ",       "LOCATION:  ",        "SCHEMA NAME:  ",
      "TABLE NAME:  ", "COLUMN NAME:  ", "DATATYPE NAME:  ", "CONSTRAINT NAME:  ", "STATEMENT:  "};
  for (const auto prefix : kSkipped) {
    if (line.starts_with(prefix)) return Part::skip;
  }
  return Part::more;
}

void append(std::string& to, std::string_view line) {
  line = trimmed(line);
  if (line.empty()) return;
  if (!to.empty()) to += ", ";
  to += line;
}

}  // namespace

PostgresMessage read_postgres_message(std::string_view text) {
  PostgresMessage out;
  if (const auto at = find_state(text); at != std::string_view::npos) {
    out.state = text.substr(at + 3, 5);
    text.remove_prefix(at + 10);
  }
  std::string* into = &out.primary;
  while (!text.empty()) {
    const auto end = text.find('\n');
    const auto line = text.substr(0, end);
    std::string_view rest = line;
    switch (part_of(line, rest)) {
      case Part::detail:
        into = &out.detail;
        break;
      case Part::hint:
        into = &out.hint;
        break;
      case Part::skip:
        into = nullptr;
        break;
      case Part::more:
        break;
    }
    if (into != nullptr) append(*into, rest);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return out;
}

namespace {

struct Class {
  std::string_view state;  // a prefix of the SQLSTATE; longer ones stand first
  Fault fault;
  Retry retry;
  std::string_view next_step;
};

constexpr std::array kClasses = {
    Class{"57P03", Fault::unreachable, Retry::later, "Wait until the server has started"},
    Class{"57P01", Fault::unreachable, Retry::outcome_unknown, "Run again when the server is back"},
    Class{"57P02", Fault::unreachable, Retry::outcome_unknown, "Run again when the server is back"},
    Class{"57014", Fault::provider, Retry::never, "Raise statement_timeout in the provider's configuration"},
    Class{"40001", Fault::provider, Retry::at_once, "Run again"},
    Class{"40P01", Fault::provider, Retry::at_once, "Run again"},
    Class{"42501", Fault::denied, Retry::never, "Grant the right to the provider's user, or use another user"},
    Class{"55P03", Fault::provider, Retry::later, "End the session that holds the lock, or run again later"},
    Class{"55006", Fault::provider, Retry::later, "End the sessions that use it, or run again later"},
    Class{"25006", Fault::denied, Retry::never, "Connect to the primary server: this one is read-only"},
    Class{"3D000", Fault::provider, Retry::never, "Create the database first, or correct its name"},
    Class{"08", Fault::unreachable, Retry::later, "Check host, port and network"},
    Class{"28", Fault::refused, Retry::never, "Check user and password, and the server's pg_hba.conf"},
    Class{"53", Fault::provider, Retry::later, "Free connections, memory or disk on the server, or run again later"},
};

}  // namespace

Error postgres_error(const PostgresMessage& message) {
  Error error;
  error.fault = Fault::provider;
  error.message = message.primary.empty() ? "the server gave no reason" : message.primary;
  if (!message.detail.empty()) error.message += " (" + message.detail + ")";
  while (error.message.ends_with('.')) error.message.pop_back();
  for (const auto& known : kClasses) {
    if (!message.state.starts_with(known.state)) continue;
    error.fault = known.fault;
    error.retry = known.retry;
    error.next_step = known.next_step;
    break;
  }
  if (message.primary.find("tuple concurrently") != std::string::npos) error.retry = Retry::at_once;
  if (!message.hint.empty()) error.next_step = message.hint;
  if (error.next_step.empty()) error.next_step = "Correct the configuration as the server says";
  return error;
}

}  // namespace plumb::net
