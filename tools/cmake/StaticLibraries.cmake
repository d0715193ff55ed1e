# The libraries that Debian has no archive of, for a static program: they are compiled from the sources of Debian's
# packages, which tools/setup --release has fetched.
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
set(PKG_CONFIG_ARGN --static)

set(cache $ENV{XDG_CACHE_HOME})
if(NOT cache)
  set(cache $ENV{HOME}/.cache)
endif()
set(RUSAGE_BPF_SOURCES ${cache}/rusage-bpf/sources
    CACHE PATH "The folder with simdjson's simdjson.cpp and fmt's format.cc")
if(NOT EXISTS ${RUSAGE_BPF_SOURCES}/simdjson.cpp)
  message(FATAL_ERROR "${RUSAGE_BPF_SOURCES} has no simdjson.cpp; run: tools/setup --release")
endif()
foreach(library "fmt format.cc" "simdjson simdjson.cpp")
  separate_arguments(library)
  list(POP_FRONT library name)
  add_library(${name} STATIC ${RUSAGE_BPF_SOURCES}/${library})
  target_compile_options(${name} PRIVATE -w)
  add_library(${name}::${name} ALIAS ${name})
endforeach()
target_include_directories(simdjson SYSTEM PUBLIC ${RUSAGE_BPF_SOURCES})
