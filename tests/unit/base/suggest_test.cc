#include "engine/base/suggest.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace plumb;

TEST_CASE("edit distance counts insertions, changes and swaps") {
  CHECK(edit_distance("", "", 3) == 0);
  CHECK(edit_distance("role", "role", 3) == 0);
  CHECK(edit_distance("", "abc", 3) == 3);
  CHECK(edit_distance("kitten", "sitting", 5) == 3);
  CHECK(edit_distance("logni", "login", 3) == 1);
  CHECK(edit_distance("ca", "abc", 5) == 3);  // no edits inside of a swap
}

TEST_CASE("edit distance gives up above its limit") {
  CHECK(edit_distance("kitten", "sitting", 2) == 3);
  CHECK(edit_distance("abcdefgh", "stuvwxyz", 2) == 3);
  CHECK(edit_distance("a", std::string(1000, 'a'), 3) == 4);
  // A swap must be found at the limit itself.
  CHECK(edit_distance("ab", "ba", 1) == 1);
  CHECK(edit_distance("xaby", "xbay", 1) == 1);
}

TEST_CASE("the nearest word is suggested, if it is near") {
  const std::vector<std::string> words = {"password", "login", "connection_limit", "inherit"};
  CHECK(nearest("pasword", words) == "password");
  CHECK(nearest("conection_limt", words) == "connection_limit");
  CHECK(nearest("login", words) == "login");
  CHECK_FALSE(nearest("zebra", words).has_value());
  CHECK_FALSE(nearest("passXXXX", words).has_value());
  CHECK_FALSE(nearest("login", {}).has_value());
  CHECK(did_you_mean("logn", words) == " (did you mean \"login\"?)");
  CHECK(did_you_mean("zebra", words).empty());
}

TEST_CASE("ties go to the word that comes first in byte order") {
  CHECK(nearest("rolx", std::vector<std::string>{"roly", "rola", "role"}) == "rola");
}
