# Warnings are errors. g++ 12 reports false positives of -Wrestrict inside std::string, and says of TSan that fences are not modelled.
add_compile_options(-Wall -Wextra -Wpedantic -Wswitch -Wsuggest-override -Wnon-virtual-dtor -Wshadow)
# clang, which only builds the fuzz targets, knows other warnings.
if(NOT PLUMB_FUZZ)
  add_compile_options(-Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # The second: values moved out of a Result inside of a statement expression.
  add_compile_options(-Wno-restrict -Wno-maybe-uninitialized)
endif()

set(PLUMB_SANITIZE "" CACHE STRING "address or thread")
if(PLUMB_SANITIZE STREQUAL "address")
  add_compile_options(-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer)
  add_link_options(-fsanitize=address,undefined)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    # The instrumentation hides initialisations from g++ 12, as in std::regex.
    add_compile_options(-Wno-maybe-uninitialized)
  endif()
elseif(PLUMB_SANITIZE STREQUAL "thread")
  add_compile_options(-fsanitize=thread)
  add_link_options(-fsanitize=thread)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    add_compile_options(-Wno-tsan)
  endif()
endif()
