#include "engine/report/state_text.h"

#include <catch2/catch.hpp>

using namespace plumb;

TEST_CASE("an output that is kept elsewhere is shown by where it is") {
  State state;
  state.outputs["dsn"] = {false, Value("postgresql://"), {}};
  state.outputs["token"] = {true, Value().with_sensitive(), "vault.generated_secret.db"};
  CHECK(outputs_text(state.outputs) ==
        "dsn: \"postgresql://\"\n"
        "token: (sensitive, read from vault.generated_secret.db)\n");
  CHECK(state_text(state, {}) ==
        "Outputs:\n"
        "  dsn: \"postgresql://\"\n"
        "  token: (sensitive, read from vault.generated_secret.db)\n");
  for (const bool show : {false, true}) {
    const auto raw = output_raw(state.outputs, "token", show);
    REQUIRE_FALSE(raw.has_value());
    CHECK(raw.error().message ==
          "output \"token\" is kept by the server alone: it is read from vault.generated_secret.db");
    CHECK(raw.error().next_step == "read it there");
  }
  CHECK(outputs_json(state.outputs).get("token") == Value(ValueMap{{"sensitive", true}, {"value", Value()}}));
}
