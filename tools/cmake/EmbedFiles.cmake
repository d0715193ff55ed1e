# embed_files(<name> <file>...)
#
# Makes a static library <name> whose users may include "<name>.h", where namespace rusage_bpf::<name> has each file's
# text as a std::string_view: page.css is page_css. The text is part of the program; nothing is read when it runs.
#
# At build time this file runs itself as a script, which writes the text as C++ raw string literals. A last line that
# names a source map is left out, as the map is not there.
if(NOT CMAKE_SCRIPT_MODE_FILE)
  set(embed_files_script ${CMAKE_CURRENT_LIST_FILE})

  function(embed_files name)
    set(directory ${CMAKE_CURRENT_BINARY_DIR}/embedded)
    set(files "")
    foreach(file IN LISTS ARGN)
      cmake_path(ABSOLUTE_PATH file)
      list(APPEND files ${file})
    endforeach()
    list(JOIN files "|" joined)
    add_custom_command(
      OUTPUT ${directory}/${name}.cpp ${directory}/${name}.h
      COMMAND ${CMAKE_COMMAND} -D name=${name} -D directory=${directory} -D files=${joined} -P ${embed_files_script}
      DEPENDS ${files} ${embed_files_script}
      COMMENT "Embedding ${name}"
      VERBATIM)
    add_library(${name} STATIC ${directory}/${name}.cpp ${directory}/${name}.h)
    target_include_directories(${name} PUBLIC ${directory})
    # C++ asks of compilers for no more than 65536 characters; both of ours take any number.
    target_compile_options(${name} PRIVATE -Wno-overlength-strings)
  endfunction()
  return()
endif()

set(header "#pragma once\n#include <string_view>\n\nnamespace rusage_bpf::${name} {\n")
set(source "#include \"${name}.h\"\n\nnamespace rusage_bpf::${name} {\nusing namespace std::literals;\n")
string(REPLACE "|" ";" files "${files}")
foreach(file IN LISTS files)
  get_filename_component(identifier ${file} NAME)
  string(MAKE_C_IDENTIFIER ${identifier} identifier)
  file(READ ${file} text)
  string(REGEX REPLACE "\n//# sourceMappingURL=[^\n]*\n*$" "\n" text "${text}")
  string(APPEND header "extern const std::string_view ${identifier};\n")
  string(APPEND source "const std::string_view ${identifier} = R\"embedded(${text})embedded\"sv;\n")
endforeach()
file(WRITE ${directory}/${name}.h "${header}}\n")
file(WRITE ${directory}/${name}.cpp "${source}}\n")
