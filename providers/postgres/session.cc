#include "providers/postgres/session.h"

#include <array>
#include <charconv>
#include <cstdlib>

#include "engine/provider_api/values.h"
#include "providers/postgres/versions.h"

namespace plumb::postgres {

const std::string& Server::grantor() const { return version >= kMembershipOptions && superuser ? bootstrap : user; }

std::optional<std::chrono::milliseconds> read_duration(std::string_view text) {
  struct Unit {
    std::string_view name;
    double milliseconds;
  };
  static constexpr std::array kUnits = {Unit{"ms", 1},    Unit{"s", 1e3},   Unit{"m", 60e3}, Unit{"h", 3600e3},
                                        Unit{"us", 1e-3}, Unit{"ns", 1e-6}, Unit{"", 1e3}};
  if (text.empty()) return std::nullopt;
  double total = 0;
  while (!text.empty()) {
    double number = 0;
    const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (code != std::errc{} || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end - text.data()));
    const auto length = std::min(text.find_first_of("0123456789."), text.size());
    const auto* unit =
        std::find_if(kUnits.begin(), kUnits.end(), [&](const Unit& one) { return one.name == text.substr(0, length); });
    if (unit == kUnits.end()) return std::nullopt;
    total += number * unit->milliseconds;
    text.remove_prefix(length);
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(total));
}

namespace {

net::PostgresSettings settings_of(const Value& config) {
  net::PostgresSettings out;
  for (const auto* key : {"host", "user", "password", "sslmode", "sslrootcert", "sslcert", "sslkey", "options"}) {
    if (auto text = text_of(config, key)) out.parameters.emplace_back(key, std::move(*text));
  }
  if (const auto port = integer_of(config, "port")) out.parameters.emplace_back("port", std::to_string(*port));
  const auto set = [&](const char* key, std::chrono::milliseconds& into) {
    if (const auto time = read_duration(text_or(config, key))) into = *time;
  };
  set("connect_timeout", out.connect_timeout);
  set("statement_timeout", out.statement_timeout);
  set("lock_timeout", out.lock_timeout);
  return out;
}

// libpq itself would take the user's name for a database that nobody named.
std::string database_of(const Value& config) {
  if (auto text = text_of(config, "database")) return *text;
  for (const char* variable : {"PGDATABASE", "PGSERVICE"}) {
    if (const char* found = std::getenv(variable); found != nullptr && *found != '\0') return "";
  }
  return "postgres";
}

// The identity is NULL where it may not be asked for: naming the function at all would fail there.
std::string probe(bool with_identity) {
  return std::string("SELECT current_setting('server_version_num'), current_setting('server_version'), ") +
         (with_identity ? "(SELECT system_identifier::text FROM pg_control_system())" : "NULL::text") +
         ", current_user, current_database(), (SELECT rolname FROM pg_roles WHERE oid = 10), r.rolsuper, "
         "r.rolcreaterole, r.rolcreatedb, r.rolreplication, r.rolbypassrls, "
         "has_table_privilege('pg_authid', 'SELECT') FROM pg_roles r WHERE r.rolname = current_user";
}

}  // namespace

Result<std::unique_ptr<Session>> Session::open(const Value& config) {
  const auto connections = integer_of(config, "max_connections").value_or(4);
  if (connections < 1) {
    return fail("max_connections is " + std::to_string(connections) + ": at least one connection is needed",
                "Set it to 1 or more");
  }
  for (const auto* key : {"connect_timeout", "statement_timeout", "lock_timeout"}) {
    const auto text = text_of(config, key);
    if (text && !read_duration(*text)) {
      return fail(std::string(key) + " is \"" + *text + "\": this is no duration", "Write it as `30s` or `1m30s`");
    }
  }
  std::unique_ptr<Session> session(new Session(settings_of(config), static_cast<std::size_t>(connections)));
  const auto database = database_of(config);
  net::PostgresRows row;
  {
    auto lease = PLUMB_TRY(session->plain(database));
    auto answer = lease->query(probe(true));
    if (!answer && answer.error().fault == Fault::denied) answer = lease->query(probe(false));
    row = PLUMB_TRY(std::move(answer));
  }
  if (row.empty()) return fail("the server does not know its own user", "Report this as a bug", {}, Fault::internal);
  auto& server = session->server_;
  server.version = static_cast<int>(row.integer(0, 0));
  server.version_text = row.text(0, 1).substr(0, row.view(0, 1).find(' '));
  server.identity = row.text(0, 2);
  server.user = row.text(0, 3);
  server.database = row.text(0, 4);
  server.bootstrap = row.text(0, 5);
  server.superuser = row.flag(0, 6);
  server.create_role = row.flag(0, 7);
  server.create_database = row.flag(0, 8);
  server.replication = row.flag(0, 9);
  server.bypass_row_level_security = row.flag(0, 10);
  server.reads_passwords = row.flag(0, 11);
  if (server.database != database) session->pool_.close_idle(database);
  if (server.version < kOldest) {
    return fail("the server is PostgreSQL " + server.version_text + ", which is too old", "Upgrade it to 13 or newer",
                {}, Fault::provider);
  }
  return session;
}

Result<Session::Lease> Session::limited(const std::string& database, net::PostgresPool::Start start,
                                        std::chrono::milliseconds timeout) {
  auto lease = PLUMB_TRY(pool_.acquire(database, start));
  lease->limit(timeout);
  return lease;
}

Result<net::PostgresRows> Session::select(const std::string& database, const std::string& sql,
                                          const std::vector<net::PostgresParameter>& parameters) {
  auto lease = PLUMB_TRY(read(database));
  auto rows = PLUMB_TRY(lease->query(sql, parameters));
  PLUMB_CHECK(lease->commit());
  return rows;
}

}  // namespace plumb::postgres
