#include "engine/cli/options.h"

#include <catch2/catch.hpp>

namespace plumb::cli {
namespace {

using namespace std::chrono_literals;

Options good(const std::vector<std::string>& arguments) {
  Parsed parsed = parse_options(arguments);
  INFO(parsed.text);
  REQUIRE(parsed.options.has_value());
  return *parsed.options;
}

std::string bad(const std::vector<std::string>& arguments) {
  Parsed parsed = parse_options(arguments);
  REQUIRE_FALSE(parsed.options.has_value());
  REQUIRE(parsed.exit == 1);
  return parsed.text;
}

TEST_CASE("options stand before and after the command") {
  CHECK(good({"-C", "there", "plan"}).directory == "there");
  CHECK(good({"plan", "-C", "there"}).directory == "there");
  CHECK(good({"--json", "state", "list"}).command == Command::state_list);
  CHECK(good({"--json", "state", "list"}).json);
  CHECK(good({"plan"}).directory == ".");
  CHECK(good({"--version"}).command == Command::version);
}

TEST_CASE("variables keep their order and everything after the first equals sign") {
  const Options options = good({"plan", "--var", "a=1", "--var=b=x=y", "--var", "a=[1, 2]", "--var", "c="});
  const std::vector<std::pair<std::string, std::string>> expected{{"a", "1"}, {"b", "x=y"}, {"a", "[1, 2]"}, {"c", ""}};
  CHECK(options.variables == expected);
}

TEST_CASE("a list in brackets stays one text") {
  const Options options = good({"plan", "--var-file", "[a,b]"});
  CHECK(options.var_files == std::vector<std::string>{"[a,b]"});
}

TEST_CASE("flags of plan and apply") {
  const Options options = good({"apply", "--target", "core.value.a", "--target", "core.value.b", "--replace",
                                "core.value.c[\"x y\"]", "--refresh=none", "--parallelism", "3", "--auto-approve",
                                "--lock-timeout", "30s", "--no-color", "--timings", "--allow-literal-secrets"});
  CHECK(options.targets == std::vector<std::string>{"core.value.a", "core.value.b"});
  CHECK(options.replace == std::vector<std::string>{"core.value.c[\"x y\"]"});
  CHECK(options.refresh == RefreshFlag::none);
  CHECK(options.parallelism == 3);
  CHECK(options.auto_approve);
  CHECK(options.lock_timeout == 30s);
  CHECK(options.no_color);
  CHECK(options.timings);
  CHECK(options.allow_literal_secrets);
}

TEST_CASE("arguments are counted") {
  CHECK(good({"output"}).arguments.empty());
  CHECK(good({"output", "dsn"}).arguments == std::vector<std::string>{"dsn"});
  CHECK(good({"import", "core.value.a", "name=x,database=y"}).arguments.size() == 2);
  CHECK(good({"accept", "core.value.a", "core.value.b"}).arguments.size() == 2);
  CHECK(bad({"import", "core.value.a"}).find("takes ADDRESS ID") != std::string::npos);
  CHECK(bad({"accept"}).find("takes ADDRESS") != std::string::npos);
  CHECK(bad({"output", "a", "b"}).find("takes NAME") != std::string::npos);
  CHECK(bad({"plan", "extra"}).find("takes no argument \"extra\"") != std::string::npos);
}

TEST_CASE("mistakes come with the nearest word and a next step") {
  CHECK(bad({"plna"}).find("did you mean \"plan\"") != std::string::npos);
  CHECK(bad({"plan", "--tarrget", "x"}).find("did you mean \"--target\"") != std::string::npos);
  CHECK(bad({"show", "--auto-approve"}).find("no option --auto-approve") != std::string::npos);
  CHECK(bad({"plan", "--refresh=some"}).find("next step: use full, changed or none") != std::string::npos);
  CHECK(bad({"apply", "--lock-timeout=soon"}).find("next step:") != std::string::npos);
  CHECK(bad({"state"}).find("state list") != std::string::npos);
  CHECK(bad({}).find("usage:") != std::string::npos);
}

TEST_CASE("what may be a secret is not repeated") {
  CHECK(bad({"plan", "--var", "hunter2hunter2"}).find("hunter2") == std::string::npos);
  CHECK(bad({"plan", "--vra=token=hunter2hunter2"}).find("hunter2") == std::string::npos);
}

TEST_CASE("help goes to stdout") {
  const Parsed all = parse_options({"--help"});
  CHECK(all.exit == 0);
  CHECK(all.text.find("plumb COMMAND") != std::string::npos);
  const Parsed one = parse_options({"plan", "--help"});
  CHECK(one.exit == 0);
  CHECK(one.text.find("--var-file") != std::string::npos);
}

TEST_CASE("durations") {
  CHECK(parse_duration("30s") == 30s);
  CHECK(parse_duration("500ms") == 500ms);
  CHECK(parse_duration("2m") == 2min);
  CHECK(parse_duration("7") == 7s);
  CHECK_FALSE(parse_duration(""));
  CHECK_FALSE(parse_duration("-1s"));
  CHECK_FALSE(parse_duration("1 s"));
  CHECK_FALSE(parse_duration("99999999999999999999s"));
}

}  // namespace
}  // namespace plumb::cli
