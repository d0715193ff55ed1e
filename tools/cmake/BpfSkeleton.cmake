# add_bpf_skeleton(<name> <source.bpf.c>)
#
# Compiles a BPF object and makes an interface library <name> whose users may include "<name>.skel.h": the
# object embedded in a header, with a struct <name> to load it by (bpftool gen skeleton).
#
# The compiler must be a clang that writes btf_type_tag into BTF, which the kernel needs to see which
# pointers in a map are held: 15 and later. It writes a dependency file, so that the object and the skeleton
# are made again when any header changes. DWARF is stripped and BTF stays.
find_program(BPF_CLANG NAMES clang-19 clang-18 clang-17 clang-16 clang-15 REQUIRED)
find_program(BPF_STRIP NAMES llvm-strip-19 llvm-strip-18 llvm-strip-17 llvm-strip-16 llvm-strip-15 REQUIRED)
find_program(BPFTOOL NAMES bpftool PATHS /usr/sbin /sbin REQUIRED)

function(add_bpf_skeleton name source)
  set(directory ${CMAKE_CURRENT_BINARY_DIR}/bpf)
  set(object ${directory}/${name}.bpf.o)
  set(skeleton ${directory}/${name}.skel.h)
  file(MAKE_DIRECTORY ${directory})
  add_custom_command(
    OUTPUT ${skeleton}
    COMMAND
      ${BPF_CLANG} -target bpf -mcpu=v3 -O2 -g -std=gnu17 -Wall -Wextra -Werror -Wno-unused-parameter
      -I ${PROJECT_SOURCE_DIR}/include -I ${PROJECT_SOURCE_DIR}/bpf -I /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
      -MD -MF ${object}.d -MT ${skeleton} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
    COMMAND ${BPF_STRIP} -g ${object}
    COMMAND ${BPFTOOL} gen skeleton ${object} name ${name} > ${skeleton}
    DEPENDS ${source}
    DEPFILE ${object}.d
    COMMENT "BPF skeleton ${name}"
    VERBATIM)
  add_custom_target(${name}_skeleton DEPENDS ${skeleton})
  add_library(${name} INTERFACE)
  add_dependencies(${name} ${name}_skeleton)
  # Generated code, not held to our warnings.
  target_include_directories(${name} SYSTEM INTERFACE ${directory})
endfunction()
