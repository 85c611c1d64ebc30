#include "engine/cli/moves.h"

#include <catch2/catch.hpp>

namespace plumb::cli {
namespace {

Address at(const std::string& text) { return Address::parse_any(text).value(); }

State state_of(const std::vector<std::string>& addresses) {
  State state;
  for (const std::string& text : addresses) {
    InstanceRecord record;
    record.uid = text;
    record.address = at(text);
    fold(state, OutcomeDone{"", record});
  }
  return state;
}

// `a -> b, c -> d`, or the error.
std::string moved(const State& state, const std::string& from, const std::string& to) {
  const auto moves = moves_between(state, at(from), at(to));
  if (!moves.has_value()) return moves.error().message;
  std::string out;
  for (const auto& [old, now] : *moves) out += (out.empty() ? "" : ", ") + old.str() + " -> " + now.str();
  return out;
}

TEST_CASE("names, keys and modules can change") {
  const State state = state_of({"fake.thing.a", "fake.thing.k[\"x\"]", "fake.thing.k[\"y\"]", "module.m.fake.thing.in",
                                "module.m.module.deep[\"1\"].fake.thing.in", "module.c[\"eu\"].fake.thing.in",
                                "module.c[\"us\"].data.fake.thing.seen"});
  CHECK(moved(state, "fake.thing.a", "fake.thing.b") == "fake.thing.a -> fake.thing.b");
  CHECK(moved(state, "fake.thing.a", "fake.thing.k[\"z\"]") == "fake.thing.a -> fake.thing.k[\"z\"]");
  CHECK(moved(state, "fake.thing.k[\"x\"]", "fake.thing.x") == "fake.thing.k[\"x\"] -> fake.thing.x");
  CHECK(moved(state, "fake.thing.k", "fake.thing.l") ==
        "fake.thing.k[\"x\"] -> fake.thing.l[\"x\"], fake.thing.k[\"y\"] -> fake.thing.l[\"y\"]");
  CHECK(moved(state, "fake.thing.k", "module.new.fake.thing.k") ==
        "fake.thing.k[\"x\"] -> module.new.fake.thing.k[\"x\"], fake.thing.k[\"y\"] -> module.new.fake.thing.k[\"y\"]");
  CHECK(moved(state, "module.m", "module.n[\"one\"]") ==
        "module.m.fake.thing.in -> module.n[\"one\"].fake.thing.in, "
        "module.m.module.deep[\"1\"].fake.thing.in -> module.n[\"one\"].module.deep[\"1\"].fake.thing.in");
  CHECK(moved(state, "module.m.module.deep", "module.deep") ==
        "module.m.module.deep[\"1\"].fake.thing.in -> module.deep[\"1\"].fake.thing.in");
  CHECK(moved(state, "module.c", "module.d") ==
        "module.c[\"eu\"].fake.thing.in -> module.d[\"eu\"].fake.thing.in, "
        "module.c[\"us\"].data.fake.thing.seen -> module.d[\"us\"].data.fake.thing.seen");
  CHECK(moved(state, "module.c[\"eu\"]", "module.d") == "module.c[\"eu\"].fake.thing.in -> module.d.fake.thing.in");
}

TEST_CASE("what does not fit does not move") {
  State state = state_of({"fake.thing.a", "fake.thing.b", "fake.thing.k[\"x\"]", "fake.thing.k[\"y\"]",
                          "module.c[\"eu\"].fake.thing.in", "data.fake.thing.seen"});
  CHECK(moved(state, "fake.thing.a", "fake.thing.b") == "fake.thing.b is in state already");
  CHECK(moved(state, "fake.thing.k", "fake.thing.b") == "fake.thing.b is in state already");
  CHECK(moved(state, "fake.thing.a", "fake.thing.k") == "fake.thing.k[\"x\"] is in state already");
  CHECK(moved(state, "fake.thing.a", "fake.thing.a") == "fake.thing.a is both the old and the new address");
  CHECK(moved(state, "fake.thing.a", "fake.box.a") == "fake.thing.a is a fake.thing, and fake.box.a a fake.box");
  CHECK(moved(state, "fake.thing.c", "fake.thing.d") ==
        "fake.thing.c is not in state (did you mean \"fake.thing.a\"?)");
  CHECK(moved(state, "module.d", "module.e") == "module.d is not in state (did you mean \"module.c\"?)");
  CHECK(moved(state, "module.c", "fake.thing.z") == "a module moves to a module, and a resource to a resource");
  CHECK(moved(state, "data.fake.thing.seen", "data.fake.thing.other") == "a data source is not moved");
  CHECK(moved(state, "fake.thing.k", "fake.thing.l[\"z\"]") ==
        "fake.thing.k has keys of its own (fake.thing.k[\"x\"])");
  CHECK(moved(state, "module.c", "module.d[\"z\"]") == "module.c has keys of its own (module.c[\"eu\"].fake.thing.in)");
  Intent intent;
  intent.id = "i";
  intent.address = at("fake.thing.a");
  fold(state, intent);
  CHECK(moved(state, "fake.thing.a", "fake.thing.n") == "an interrupted change of fake.thing.a is not settled yet");
}

}  // namespace
}  // namespace plumb::cli
