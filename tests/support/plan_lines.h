// Plans as text for tests: short for reading, whole for comparing.
#pragma once

#include <string>

#include "engine/plan/plan.h"

namespace plumb::test {

// One line per change, drift entry, output and record that a user is shown; empty for an empty plan.
//   create fake.thing.a
//   update fake.thing.b: note, size
//   replace fake.thing.c: zone!        (! forces it)
//   blocked(update) fake.thing.d: message
//   drift changed fake.thing.b: size
//   output dsn
//   record fake.thing.e: is not protected any more
// Counted records are left out.
std::string brief(const Plan& plan);

// Everything a plan says, edges and positions included; two equal texts are two equal plans.
std::string whole(const Plan& plan);

// Whether the step `later` waits for `earlier`, directly or not; each as `create fake.thing.a`.
// Both must be there, else the test fails.
bool follows(const Plan& plan, const std::string& later, const std::string& earlier);
// The steps, as `create fake.thing.a`, in their order.
std::string steps(const Plan& plan);

}  // namespace plumb::test
