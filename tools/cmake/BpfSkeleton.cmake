# add_bpf_skeleton(<name> <source.bpf.c> [LIGHT] [FOLDER <folder>] [DEFINITIONS <definition>...])
#
# Compiles a BPF object and makes an interface library <name> whose users may include "<name>.skel.h": the
# object embedded in a header, with a struct <name> to load it by (bpftool gen skeleton). LIGHT: with a program
# that has the kernel load it, for C alone (bpftool gen skeleton -L). FOLDER: where the header goes, for several
# builds of one source; the library is then <name>_<folder>.
#
# The compiler must be a clang that writes btf_type_tag into BTF, which the kernel needs to see which
# pointers in a map are held: 16 and later; the newest is taken. It writes a dependency file, so that the object and the skeleton are made
# again when any header changes. DWARF is stripped and BTF stays. The program that loads a light skeleton has room for 32
# functions; with more, the kernel would refuse it.
set(clangs "")
set(strips "")
foreach(version RANGE 40 16 -1)
  list(APPEND clangs clang-${version})
  list(APPEND strips llvm-strip-${version})
endforeach()
find_program(BPF_CLANG NAMES ${clangs} REQUIRED)
find_program(BPF_STRIP NAMES ${strips} REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

set(pack_skeleton ${CMAKE_CURRENT_LIST_DIR}/pack_skeleton)

function(add_bpf_skeleton name source)
  cmake_parse_arguments(bpf "LIGHT" "FOLDER" "DEFINITIONS" ${ARGN})
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/bpf)
  set(library ${name})
  if(bpf_FOLDER)
    set(directory ${directory}/${bpf_FOLDER})
    set(library ${name}_${bpf_FOLDER})
  endif()
  set(light "")
  if(bpf_LIGHT)
    set(light -L)
  endif()
  list(TRANSFORM bpf_DEFINITIONS PREPEND -D)
  set(object ${directory}/${name}.bpf.o)
  set(skeleton ${directory}/${name}.skel.h)
  set(pack "")
  if(bpf_LIGHT)
    set(pack COMMAND ${pack_skeleton} ${skeleton} > ${skeleton}.packed COMMAND mv ${skeleton}.packed ${skeleton})
  endif()
  file(MAKE_DIRECTORY ${directory})
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND
      ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -std=gnu17 -Wall -Wextra -Werror -Wno-unused-parameter
      -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -fdebug-compilation-dir=. ${bpf_DEFINITIONS}
      -I ${PROJECT_SOURCE_DIR}/include -I ${PROJECT_SOURCE_DIR}/bpf -I /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${object}.d -MT ${skeleton} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    COMMAND ${BPF_STRIP} -g ${object}
    COMMAND sh -c "test $(readelf -sW $1 | grep -c ' FUNC ') -le 32 || { echo $1: more than 32 functions; exit 1; }"
            check ${object}
    COMMAND ${BPFTOOL} gen skeleton ${light} ${object} name ${name} > ${skeleton}
    ${pack}
    DEPENDS ${source} ${pack_skeleton}
    DEPFILE ${object}.d
    COMMENT "BPF skeleton ${library}"
    VERBATIM)
  add_custom_target(${library}_skeleton DEPENDS ${skeleton})
  add_library(${library} INTERFACE)
  add_dependencies(${library} ${library}_skeleton)
  # Generated code, not held to our warnings.
  target_include_directories(${library} SYSTEM INTERFACE ${directory})
endfunction()
