# The libraries that Debian has no archive of, for a static program: fmt is taken as headers alone, and simdjson is
# compiled from the source of Debian's package, which tools/setup --release has fetched.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(PKG_CONFIG_ARGN --static)

find_path(FMT_INCLUDE_DIR fmt/format.h REQUIRED)
add_library(fmt::fmt INTERFACE IMPORTED)
target_compile_definitions(fmt::fmt INTERFACE FMT_HEADER_ONLY=1)

set(SIMDJSON_SOURCE_DIR "$ENV{HOME}/.cache/rusage-bpf/simdjson" CACHE PATH "The folder of simdjson's simdjson.cpp")
find_file(SIMDJSON_SOURCE simdjson.cpp PATHS ${SIMDJSON_SOURCE_DIR} NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
if(NOT SIMDJSON_SOURCE)
  message(FATAL_ERROR "${SIMDJSON_SOURCE_DIR} has no simdjson.cpp; run: tools/setup --release")
endif()
add_library(simdjson STATIC ${SIMDJSON_SOURCE})
target_include_directories(simdjson SYSTEM PUBLIC ${SIMDJSON_SOURCE_DIR})
target_compile_options(simdjson PRIVATE -w)
add_library(simdjson::simdjson ALIAS simdjson)
