// Catch2's main with a PostgreSQL around it. Exit 77, naming every test, when there is none to start.
#define CATCH_CONFIG_RUNNER
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "tests/peers/postgres/private_postgres.h"

namespace plumb::test {

namespace {

std::unique_ptr<PrivatePostgres>& slot() {
  static std::unique_ptr<PrivatePostgres> server;
  return server;
}

int run_script(const std::string& action, const std::string& directory) {
  const auto command = std::string("'" PLUMB_SOURCE_DIR "/scripts/peers/postgres' ") + action + " '" + directory + "'";
  const int status = std::system(command.c_str());
  return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}

PrivatePostgres read_env(const std::string& directory) {
  PrivatePostgres out;
  std::ifstream file(directory + "/env");
  for (std::string line; std::getline(file, line);) {
    const auto value = line.substr(line.find('=') + 1);
    if (line.starts_with("PGHOST=")) out.host = value;
    if (line.starts_with("PGPORT=")) out.port = value;
    if (line.starts_with("PGUSER=")) out.user = value;
    if (line.starts_with("PGPASSWORD=")) out.password = value;
  }
  return out;
}

}  // namespace

const PrivatePostgres* private_postgres() { return slot().get(); }

std::unique_ptr<net::PostgresConnection> PrivatePostgres::connect(const std::string& database) const {
  net::PostgresSettings settings;
  settings.parameters = {{"host", host}, {"port", port}, {"user", user}, {"password", password}};
  auto made = net::PostgresConnection::connect(settings, database);
  if (!made) FAIL(made.error().message);
  return std::move(*made);
}

std::string PrivatePostgres::sql(const std::string& statement, const std::string& database) const {
  const auto connection = connect(database);
  const auto rows = connection->query(statement);
  if (!rows) FAIL(rows.error().message);
  return rows->empty() ? "" : rows->text(0, 0);
}

Value PrivatePostgres::config(const std::string& as_user, const std::string& with_password) const {
  return Value(ValueMap{{"host", host},
                        {"password", Value(as_user.empty() ? password : with_password).with_sensitive()},
                        {"port", std::int64_t{std::atoi(port.c_str())}},
                        {"sslmode", "disable"},
                        {"user", as_user.empty() ? user : as_user}});
}

}  // namespace plumb::test

int main(int argc, char** argv) {
  using namespace plumb::test;
  Catch::Session session;
  if (const int bad = session.applyCommandLine(argc, argv); bad != 0) return bad;
  const auto& options = session.configData();
  if (options.listTests || options.listTags || options.listTestNamesOnly || options.showHelp) return session.run();

  auto pattern = (std::filesystem::temp_directory_path() / "plumb-pg-XXXXXX").string();
  if (::mkdtemp(pattern.data()) == nullptr) {
    std::cerr << "cannot make " << pattern << '\n';
    return 1;
  }
  const int started = run_script("start", pattern);
  if (started == 0) {
    slot() = std::make_unique<PrivatePostgres>(read_env(pattern));
  } else if (started == 77) {
    for (const auto& test : Catch::getAllTestCasesSorted(session.config())) {
      std::cout << "SKIPPED: " << test.name << ": no PostgreSQL server is installed\n";
    }
    std::filesystem::remove_all(pattern);
    return 77;
  }
  const int result = started == 0 ? session.run() : 1;
  slot().reset();
  run_script("stop", pattern);
  std::filesystem::remove_all(pattern);
  return result;
}
