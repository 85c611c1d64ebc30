#include "engine/net/postgres.h"

#include <catch2/catch.hpp>

using namespace plumb;
using namespace plumb::net;

TEST_CASE("identifiers and literals are quoted") {
  CHECK(quote_identifier("app") == "\"app\"");
  CHECK(quote_identifier("we\"ird name") == "\"we\"\"ird name\"");
  CHECK(quote_identifier("naïve") == "\"naïve\"");
  CHECK(quote_literal("it's") == "'it''s'");
  CHECK(quote_literal("") == "''");
  CHECK(quote_literal("a\\b'c") == "E'a\\\\b''c'");
}

TEST_CASE("arrays are bound as one text") {
  CHECK(array_literal({}) == "{}");
  CHECK(array_literal({"a", "b c", "", "NULL"}) == R"({"a","b c","","NULL"})");
  CHECK(array_literal({"q\"q", "b\\b", "{,}"}) == R"({"q\"q","b\\b","{,}"})");
}

TEST_CASE("a message is taken apart and loses the statement") {
  const auto message = read_postgres_message(
      "ERROR:  2BP01: role \"app\" cannot be dropped because some objects depend on it\n"
      "LINE 1: ALTER ROLE x PASSWORD 'SCRAM-SHA-256$...'\n"
      "                             ^\n"
      "DETAIL:  owner of table t\n2 objects in database shop\n"
      "HINT:  do something\n"
      "CONTEXT:  SQL statement \"secret\"\nand more of it\n"
      "LOCATION:  DropRole, user.c:1225\n");
  CHECK(message.state == "2BP01");
  CHECK(message.primary == "role \"app\" cannot be dropped because some objects depend on it");
  CHECK(message.detail == "owner of table t, 2 objects in database shop");
  CHECK(message.hint == "do something");
}

TEST_CASE("a refused connection tells its state") {
  const auto message = read_postgres_message(
      "connection to server at \"127.0.0.1\", port 5 failed: FATAL:  28P01: password authentication failed for user "
      "\"x\"\nLOCATION:  auth_failed, auth.c:335\n");
  CHECK(message.state == "28P01");
  CHECK(message.primary == "password authentication failed for user \"x\"");
}

TEST_CASE("states map to faults and retries") {
  const auto error = [](const char* state, const char* text = "no") { return postgres_error({state, text, "", ""}); };
  CHECK(error("28P01").fault == Fault::refused);
  CHECK(error("28000").fault == Fault::refused);
  CHECK(error("08006").fault == Fault::unreachable);
  CHECK(error("57P03").fault == Fault::unreachable);
  CHECK(error("57P03").retry == Retry::later);
  CHECK(error("42501").fault == Fault::denied);
  CHECK(error("42501").retry == Retry::never);
  CHECK(error("40001").retry == Retry::at_once);
  CHECK(error("40P01").retry == Retry::at_once);
  CHECK(error("XX000", "tuple concurrently updated").retry == Retry::at_once);
  CHECK(error("XX000", "cache lookup failed").retry == Retry::never);
  CHECK(error("53300").retry == Retry::later);
  CHECK(error("55P03").retry == Retry::later);
  CHECK(error("42601").fault == Fault::provider);
  CHECK(error("57P01").retry == Retry::outcome_unknown);
}

TEST_CASE("nobody at the port is unreachable and says where") {
  PostgresSettings settings;
  settings.parameters = {{"host", "127.0.0.1"}, {"port", "1"}, {"user", "x"}, {"password", "top secret"}};
  settings.connect_timeout = std::chrono::seconds(2);
  PostgresPool pool(settings, 1);
  for (int round = 0; round < 2; ++round) {  // a failure gives its place in the pool back
    auto lease = pool.acquire("postgres", PostgresPool::Start::read_only);
    REQUIRE(!lease);
    CHECK(lease.error().fault == Fault::unreachable);
    CHECK(lease.error().message.find("127.0.0.1 port 1") != std::string::npos);
    CHECK(lease.error().message.find("secret") == std::string::npos);
  }
  CHECK(pool.open() == 0);
}
