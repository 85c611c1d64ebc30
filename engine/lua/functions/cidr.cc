// Networks in CIDR notation, of IPv4 and IPv6.
#include <arpa/inet.h>

#include <array>
#include <charconv>
#include <optional>

#include "engine/lua/functions/arguments.h"

namespace plumb::lua::functions {
namespace {

__extension__ typedef unsigned __int128 Wide;

// An address as a number of `bits` bits, 32 or 128.
struct Address {
  Wide number = 0;
  int bits = 32;
};

struct Network {
  Address first;
  int length = 0;
};

std::optional<Address> parse_address(std::string_view text) {
  if (text.size() > 64 || text.find('\0') != std::string_view::npos) return std::nullopt;
  const std::string name(text);
  std::array<unsigned char, 16> raw{};
  Address address;
  if (inet_pton(AF_INET, name.c_str(), raw.data()) != 1) {
    if (inet_pton(AF_INET6, name.c_str(), raw.data()) != 1) return std::nullopt;
    address.bits = 128;
  }
  for (std::size_t i = 0; i < static_cast<std::size_t>(address.bits) / 8; ++i) {
    address.number = address.number << 8 | raw[i];
  }
  return address;
}

std::string address_text(const Address& address) {
  std::array<unsigned char, 16> raw{};
  Wide rest = address.number;
  for (std::size_t i = static_cast<std::size_t>(address.bits) / 8; i > 0; --i, rest >>= 8) {
    raw[i - 1] = static_cast<unsigned char>(rest & 0xff);
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  return inet_ntop(address.bits == 32 ? AF_INET : AF_INET6, raw.data(), text.data(), text.size());
}

// `bits` ones. Shifting by the width of the type would be undefined.
Wide ones(int bits) { return bits >= 128 ? ~Wide{0} : (Wide{1} << bits) - 1; }

std::optional<Network> parse_network(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  const auto address = parse_address(text.substr(0, slash));
  if (!address) return std::nullopt;
  Network network{*address, 0};
  const std::string_view length = text.substr(slash + 1);
  const auto [end, code] = std::from_chars(length.data(), length.data() + length.size(), network.length);
  const bool whole = code == std::errc{} && end == length.data() + length.size();
  if (!whole || length.starts_with('-') || network.length > address->bits) return std::nullopt;
  network.first.number &= ~ones(address->bits - network.length);
  return network;
}

std::string network_text(const Network& network) {
  return address_text(network.first) + "/" + std::to_string(network.length);
}

// For messages: not shown when it may be a secret.
std::string named(lua_State* L, const Network& network) {
  return run_of(L).sensitive ? "the network" : network_text(network);
}

Network check_network(lua_State* L, int index) {
  const std::string_view text = check_text(L, index);
  const auto network = parse_network(text);
  if (!network) bad_argument(L, index, ("network such as 10.0.0.0/8 expected, got " + shown(L, text)).c_str());
  return *network;
}

// How many bits longer a subnet's prefix is than the network's.
int check_new_bits(lua_State* L, int index, const Network& network) {
  const lua_Integer bits = check_whole(L, index);
  const int room = network.first.bits - network.length;
  if (bits < 0 || bits > room) {
    bad_argument(L, index, ("0 to " + std::to_string(room) + " more bits expected").c_str());
  }
  return static_cast<int>(bits);
}

}  // namespace

int cidr_host(lua_State* L) {
  const Network network = check_network(L, 1);
  const lua_Integer number = check_whole(L, 2);
  const Wide most = ones(network.first.bits - network.length);
  // Negative numbers count from the end: -1 is the last address.
  const Wide distance = number >= 0 ? static_cast<Wide>(number) : static_cast<Wide>(-(number + 1));
  if (distance > most) bad_argument(L, 2, ("number of an address in " + named(L, network) + " expected").c_str());
  Address address = network.first;
  address.number |= number >= 0 ? distance : most - distance;
  return push_result(L, address_text(address));
}

int cidr_netmask(lua_State* L) {
  const Network network = check_network(L, 1);
  const int bits = network.first.bits;
  return push_result(L, address_text({ones(bits) & ~ones(bits - network.length), bits}));
}

int cidr_subnet(lua_State* L) {
  Network network = check_network(L, 1);
  const int bits = check_new_bits(L, 2, network);
  const lua_Integer number = check_whole(L, 3);
  if (number < 0 || static_cast<Wide>(number) > ones(bits)) {
    bad_argument(L, 3, ("number of a subnet with " + std::to_string(bits) + " more bits expected").c_str());
  }
  network.length += bits;
  if (network.length > 0) {
    const int below = network.first.bits - network.length;
    network.first.number |= below >= 128 ? Wide{0} : static_cast<Wide>(number) << below;
  }
  return push_result(L, network_text(network));
}

int cidr_subnets(lua_State* L) {
  const Network network = check_network(L, 1);
  const int count = lua_gettop(L);
  Value::List subnets;
  Wide next = 0;  // distance of what is still free from the first address
  bool full = false;
  for (int i = 2; i <= count; ++i) {
    const int length = network.length + check_new_bits(L, i, network);
    const Wide inside = ones(network.first.bits - length);
    // Each begins where its own size divides the distance.
    const Wide at = (next + inside) & ~inside;
    full = full || at < next || at > ones(network.first.bits - network.length);
    if (full) bad_argument(L, i, ("room for one more in " + named(L, network) + " expected, it is full").c_str());
    charge_values(L, 1, 50);
    subnets.emplace_back(network_text({{network.first.number | at, network.first.bits}, length}));
    next = at + inside + 1;
    full = next == 0 || next > ones(network.first.bits - network.length);
  }
  return push_list(L, std::move(subnets));
}

int cidr_contains(lua_State* L) {
  const Network network = check_network(L, 1);
  const std::string_view text = check_text(L, 2);
  auto inner = parse_network(text);
  if (!inner) {
    const auto address = parse_address(text);
    if (!address) bad_argument(L, 2, ("address or network expected, got " + shown(L, text)).c_str());
    inner = Network{*address, address->bits};
  }
  const Wide outside = ~ones(network.first.bits - network.length);
  return push_result(L, inner->first.bits == network.first.bits && inner->length >= network.length &&
                            (inner->first.number & outside) == network.first.number);
}

}  // namespace plumb::lua::functions
