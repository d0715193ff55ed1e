# Has each build write commit.h into its folder, with the commit of the source as RUSAGE_BPF_COMMIT: what -D
# RUSAGE_BPF_COMMIT=... says, or else what git says, with "-dirty" if files differ. What did not change is not written,
# and so compiles nothing anew.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(RUSAGE_BPF_COMMIT "" CACHE STRING "The commit of a source without its git repository")
  set(commit_directory ${PROJECT_BINARY_DIR}/commit)
  add_custom_target(commit BYPRODUCTS ${commit_directory}/commit.h
    COMMAND ${CMAKE_COMMAND} -D commit=${RUSAGE_BPF_COMMIT} -D source=${PROJECT_SOURCE_DIR}
            -D file=${commit_directory}/commit.h -P ${CMAKE_CURRENT_LIST_FILE}
    VERBATIM)
  return()
endif()

if(NOT commit)
  execute_process(
    COMMAND git -c safe.directory=* -C ${source} describe --always --exclude=* --abbrev=12 --dirty
    OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
endif()
if(NOT commit)
  set(commit unknown)
endif()
file(CONFIGURE OUTPUT ${file} CONTENT "#pragma once\n#define RUSAGE_BPF_COMMIT \"@commit@\"\n" @ONLY)
