# Debian's packages, and faster tools when they are there.
find_program(PLUMB_CCACHE ccache)
if(PLUMB_CCACHE)
  # Paths count from the project, so that one clone's cache serves the next.
  set(CMAKE_CXX_COMPILER_LAUNCHER ${CMAKE_COMMAND} -E env CCACHE_BASEDIR=${CMAKE_SOURCE_DIR} CCACHE_NOHASHDIR=1
                                  ${PLUMB_CCACHE})
endif()
find_program(PLUMB_MOLD mold)
if(PLUMB_MOLD)
  add_link_options(-fuse-ld=mold)
endif()
add_link_options(-Wl,--as-needed)

find_package(Threads REQUIRED)
find_package(OpenSSL REQUIRED)
# From 7.87 on its TLS connections raise no SIGPIPE.
find_package(CURL 7.88 REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(spdlog REQUIRED)
find_package(fmt REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(tl-expected REQUIRED)
find_package(Catch2 2 REQUIRED)
# Lua as C++: its errors are exceptions, so destructors run.
pkg_check_modules(LUA REQUIRED IMPORTED_TARGET lua5.4-c++)
pkg_check_modules(PQXX REQUIRED IMPORTED_TARGET libpqxx)
