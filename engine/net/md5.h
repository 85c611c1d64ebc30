// MD5, for nothing but PostgreSQL's old password verifiers.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace plumb::net {

// 32 lower-case hex digits; nullopt where the system forbids MD5 (FIPS).
std::optional<std::string> md5_hex(std::string_view bytes);

}  // namespace plumb::net
