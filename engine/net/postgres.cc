// The only user of pqxx: what it throws ends here.
#include "engine/net/postgres.h"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <optional>
#include <pqxx/pqxx>

namespace plumb::net {

namespace {

using std::chrono::steady_clock;

std::string doubled(std::string_view text, char quote, bool backslashes) {
  std::string out;
  out.reserve(text.size() + 2);
  for (const char c : text) {
    if (c == quote || (backslashes && c == '\\')) out += c;
    out += c;
  }
  return out;
}

}  // namespace

std::string quote_identifier(std::string_view name) { return '"' + doubled(name, '"', false) + '"'; }

std::string quote_literal(std::string_view text) {
  const bool escape = text.find('\\') != std::string_view::npos;
  return (escape ? "E'" : "'") + doubled(text, '\'', escape) + '\'';
}

std::string array_literal(const std::vector<std::string>& items) {
  std::string out = "{";
  for (const auto& item : items) {
    if (out.size() > 1) out += ',';
    out += '"';
    for (const char c : item) {
      if (c == '"' || c == '\\') out += '\\';
      out += c;
    }
    out += '"';
  }
  return out + '}';
}

struct PostgresRows::Impl {
  pqxx::result result;
};

PostgresRows::PostgresRows() = default;
PostgresRows::~PostgresRows() = default;
PostgresRows::PostgresRows(const PostgresRows&) = default;
PostgresRows::PostgresRows(PostgresRows&&) noexcept = default;
PostgresRows& PostgresRows::operator=(const PostgresRows&) = default;
PostgresRows& PostgresRows::operator=(PostgresRows&&) noexcept = default;

std::size_t PostgresRows::size() const noexcept { return impl_ ? impl_->result.size() : 0; }

namespace {
pqxx::field field_at(const pqxx::result& result, std::size_t row, int column) noexcept {
  return result[static_cast<pqxx::result::size_type>(row)][static_cast<pqxx::row::size_type>(column)];
}
}  // namespace

bool PostgresRows::is_null(std::size_t row, int column) const noexcept {
  return field_at(impl_->result, row, column).is_null();
}

std::string_view PostgresRows::view(std::size_t row, int column) const noexcept {
  const auto field = field_at(impl_->result, row, column);
  return {field.c_str(), field.size()};
}

std::int64_t PostgresRows::integer(std::size_t row, int column) const noexcept {
  const auto text = view(row, column);
  std::int64_t out = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  return code == std::errc{} && end == text.data() + text.size() ? out : 0;
}

namespace {

// Connects within a time of its own (libpq's applies only to its blocking form), and in the verbose form, which alone
// gives the SQLSTATE of a refused connection.
class Policy : public pqxx::connectionpolicy {
 public:
  using pqxx::connectionpolicy::connectionpolicy;

  handle do_startconnect(handle original) override {
    if (original != nullptr) return original;
    std::unique_ptr<PGconn, decltype(&PQfinish)> made(PQconnectStart(options().c_str()), &PQfinish);
    if (!made) throw std::bad_alloc();
    PQsetErrorVerbosity(made.get(), PQERRORS_VERBOSE);
    complete(made.get());
    return made.release();
  }

 private:
  // The time travels in the options, since a policy is made from nothing else.
  static std::chrono::seconds limit(PGconn* connection) {
    std::chrono::seconds seconds{10};
    PQconninfoOption* all = PQconninfo(connection);
    for (auto* one = all; one != nullptr && one->keyword != nullptr; ++one) {
      if (std::string_view(one->keyword) != "connect_timeout" || one->val == nullptr) continue;
      seconds = std::chrono::seconds(std::max(0L, std::strtol(one->val, nullptr, 10)));
    }
    PQconninfoFree(all);
    return seconds;
  }

  static void complete(PGconn* connection) {
    if (PQstatus(connection) == CONNECTION_BAD) throw pqxx::broken_connection(PQerrorMessage(connection));
    const auto allowed = limit(connection);
    const auto deadline = steady_clock::now() + allowed;
    auto wanted = PGRES_POLLING_WRITING;
    while (wanted != PGRES_POLLING_OK) {
      if (wanted == PGRES_POLLING_FAILED) throw pqxx::broken_connection(PQerrorMessage(connection));
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - steady_clock::now()).count();
      if (allowed.count() > 0 && left <= 0) {
        throw pqxx::broken_connection("no answer within " + std::to_string(allowed.count()) + " s");
      }
      pollfd descriptor{PQsocket(connection), static_cast<short>(wanted == PGRES_POLLING_READING ? POLLIN : POLLOUT),
                        0};
      const int ready = ::poll(&descriptor, 1, allowed.count() > 0 ? static_cast<int>(left) : -1);
      if (ready > 0) wanted = PQconnectPoll(connection);
      if (ready < 0 && errno != EINTR) throw pqxx::broken_connection("poll failed");
    }
  }
};

class Session : public pqxx::basic_connection_base<Policy> {
 public:
  explicit Session(const std::string& options) : pqxx::basic_connection_base<Policy>(options), quiet_(*this) {}
  [[nodiscard]] pqxx::connection_base& base() { return *this; }

 private:
  pqxx::quiet_errorhandler quiet_;  // notices are nobody's to read
};

// `key='value' ...`, as libpq reads it.
std::string conninfo(const PostgresSettings& settings, const std::string& database) {
  std::string out;
  const auto add = [&out](std::string_view key, std::string_view value) {
    out.append(key).append("='");
    for (const char c : value) {
      if (c == '\'' || c == '\\') out += '\\';
      out += c;
    }
    out += "' ";
  };
  for (const auto& [key, value] : settings.parameters) add(key, value);
  if (!database.empty()) add("dbname", database);
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(settings.connect_timeout);
  add("connect_timeout", std::to_string(seconds.count()));
  add("client_encoding", "UTF8");
  add("fallback_application_name", "plumb");
  return out;
}

// What libpq will use for a keyword, its own defaults and the environment included.
std::string effective(const std::string& options, std::string_view keyword) {
  std::string out;
  char* problem = nullptr;
  PQconninfoOption* given = PQconninfoParse(options.c_str(), &problem);
  if (problem != nullptr) PQfreemem(problem);
  PQconninfoOption* defaults = PQconndefaults();
  for (auto* list : {defaults, given}) {
    for (auto* one = list; one != nullptr && one->keyword != nullptr; ++one) {
      if (keyword == one->keyword && one->val != nullptr && *one->val != '\0') out = one->val;
    }
  }
  PQconninfoFree(given);
  PQconninfoFree(defaults);
  return out;
}

Error connect_error(const std::string& options, std::string_view text) {
  const auto message = read_postgres_message(text);
  auto host = effective(options, "host");
  if (host.empty()) host = effective(options, "hostaddr");
  if (host.empty()) host = "the local socket";
  const auto place = host + " port " + effective(options, "port");
  Error error = postgres_error(message);
  const bool no_password = message.state.empty() && message.primary.find("no password supplied") != std::string::npos;
  if (error.fault == Fault::refused || no_password) {
    error.fault = Fault::refused;
    error.next_step = "Check user and password in the provider's configuration, and the server's pg_hba.conf";
    return std::move(error).in(place + " refuses user \"" + effective(options, "user") + '"');
  }
  if (message.state.empty()) {
    error.fault = Fault::unreachable;
    error.retry = Retry::later;
    error.next_step = "Check that the server runs, and host, port and TLS options in the provider's configuration";
  }
  // A connection that was not made changed nothing.
  if (error.retry == Retry::outcome_unknown) error.retry = Retry::later;
  return std::move(error).in("cannot connect to " + place);
}

}  // namespace

namespace {
constexpr const char* kMoreTime =
    "Give it more time in the `timeouts:` of its block, or end what holds it up: SELECT * FROM pg_stat_activity shows "
    "who does";
}

struct PostgresConnection::Impl {
  explicit Impl(const std::string& options) : session(options) {}
  Session session;
  std::string last_state;
  bool broken = false;
  bool in_transaction = false;
  std::chrono::milliseconds statement_timeout{0}, lock_timeout{0};  // as set up
  std::optional<steady_clock::time_point> deadline;
  bool deviates = false;  // the session's own timeouts are not as set up

  void set_timeouts(const char* how, std::chrono::milliseconds statement, std::chrono::milliseconds lock);
  PostgresRows run(const std::string& sql, const std::vector<PostgresParameter>& parameters);
  Error failed(std::string_view text, bool safe);
};

PostgresConnection::PostgresConnection(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
PostgresConnection::~PostgresConnection() = default;

Result<std::unique_ptr<PostgresConnection>> PostgresConnection::connect(const PostgresSettings& settings,
                                                                        const std::string& database) {
  const auto options = conninfo(settings, database);
  std::unique_ptr<PostgresConnection> made;
  try {
    made.reset(new PostgresConnection(std::make_unique<Impl>(options)));
  } catch (const std::exception& problem) {
    return fail(connect_error(options, problem.what()));
  }
  made->impl_->statement_timeout = settings.statement_timeout;
  made->impl_->lock_timeout = settings.lock_timeout;
  const auto milliseconds = [](std::chrono::milliseconds time) { return std::to_string(time.count()); };
  PLUMB_CHECK(made->query(
      "SELECT set_config('statement_timeout', $1, false), set_config('lock_timeout', $2, false), "
      "set_config('TimeZone', 'UTC', false), set_config('DateStyle', 'ISO', false), "
      "set_config('IntervalStyle', 'postgres', false), set_config('standard_conforming_strings', 'on', false), "
      "set_config('search_path', 'pg_catalog', false)",
      {milliseconds(settings.statement_timeout), milliseconds(settings.lock_timeout)}));
  return made;
}

PostgresRows PostgresConnection::Impl::run(const std::string& sql, const std::vector<PostgresParameter>& parameters) {
  pqxx::nontransaction work(session.base());
  auto answer = std::make_shared<PostgresRows::Impl>();
  if (parameters.empty()) {
    answer->result = work.exec(sql);
  } else {
    std::vector<const char*> texts;
    texts.reserve(parameters.size());
    for (const auto& one : parameters) texts.push_back(one ? one->c_str() : nullptr);
    answer->result = work.exec_params(sql, pqxx::prepare::make_dynamic_params(texts));
  }
  PostgresRows rows;
  rows.impl_ = std::move(answer);
  return rows;
}

// `safe`: whatever happened to the connection, nothing was kept.
Error PostgresConnection::Impl::failed(std::string_view text, bool safe) {
  const auto message = read_postgres_message(text);
  last_state = message.state;
  auto error = postgres_error(message);
  const bool lost = message.state.starts_with("57P0") || message.state.starts_with("08") || !session.is_open();
  if (lost) {
    broken = true;
    error.fault = Fault::unreachable;
    error.retry = Retry::outcome_unknown;
    error.next_step = "Run again when the server answers";
    error = std::move(error).in("the connection was lost");
  }
  if (safe && error.retry == Retry::outcome_unknown) error.retry = Retry::later;
  // Cancelled, or a lock not granted, and not before the time was over.
  if (deadline && (last_state == "57014" || last_state == "55P03") && steady_clock::now() >= *deadline) {
    error.retry = Retry::never;
    error.next_step = kMoreTime;
  }
  return error;
}

void PostgresConnection::Impl::set_timeouts(const char* how, std::chrono::milliseconds statement,
                                            std::chrono::milliseconds lock) {
  const auto one = [how](const char* name, std::chrono::milliseconds time) {
    return std::string(how) + ' ' + name + " = " + std::to_string(time.count()) + "; ";
  };
  run(one("statement_timeout", statement) + one("lock_timeout", lock), {});
}

void PostgresConnection::limit(std::chrono::milliseconds time) {
  impl_->deadline.reset();
  if (time.count() > 0) impl_->deadline = steady_clock::now() + time;
  if (impl_->deadline || !impl_->deviates || impl_->broken) return;
  try {
    impl_->set_timeouts("SET", impl_->statement_timeout, impl_->lock_timeout);
    impl_->deviates = false;
  } catch (const std::exception&) {
    impl_->broken = true;
  }
}

Result<void> PostgresConnection::keep_to_limit() {
  using std::chrono::milliseconds;
  const auto left = std::chrono::ceil<milliseconds>(*impl_->deadline - steady_clock::now());
  if (left.count() <= 0) {
    impl_->last_state.clear();
    return fail(Error{"the time was over before all statements were sent", kMoreTime, {}, Fault::provider});
  }
  try {
    // What waits for a lock all that time is told to have waited for a lock.
    constexpr milliseconds kGrace{100};
    impl_->deviates = impl_->deviates || !impl_->in_transaction;
    impl_->set_timeouts(impl_->in_transaction ? "SET LOCAL" : "SET", left + kGrace, left);
  } catch (const std::exception& problem) {
    return fail(impl_->failed(problem.what(), true));
  }
  return {};
}

Result<PostgresRows> PostgresConnection::query(const std::string& sql,
                                               const std::vector<PostgresParameter>& parameters) {
  // pqxx would connect anew behind our back.
  if (impl_->broken) {
    return fail(Error{"the connection was lost", "Run again", {}, Fault::unreachable, Retry::later});
  }
  if (impl_->deadline) PLUMB_CHECK(keep_to_limit());
  try {
    return impl_->run(sql, parameters);
  } catch (const std::exception& problem) {
    return fail(impl_->failed(problem.what(), impl_->in_transaction));
  }
}

Result<void> PostgresConnection::begin(bool read_only) {
  impl_->in_transaction = true;  // losing the connection here changes nothing either
  auto started = query(read_only ? "BEGIN READ ONLY" : "BEGIN");
  if (started) return {};
  impl_->in_transaction = false;
  return fail(std::move(started).error());
}

Result<void> PostgresConnection::commit() {
  impl_->in_transaction = false;
  const auto deadline = std::exchange(impl_->deadline, std::nullopt);
  PLUMB_CHECK(query("COMMIT"));
  impl_->deadline = deadline;
  return {};
}

void PostgresConnection::rollback() noexcept {
  if (!impl_->in_transaction) return;
  impl_->in_transaction = false;
  if (impl_->broken) return;
  try {
    impl_->run("ROLLBACK", {});
  } catch (const std::exception&) {
    impl_->broken = true;
  }
}

const std::string& PostgresConnection::last_state() const noexcept { return impl_->last_state; }
bool PostgresConnection::usable() const noexcept { return !impl_->broken; }
bool PostgresConnection::in_transaction() const noexcept { return impl_->in_transaction; }

}  // namespace plumb::net
