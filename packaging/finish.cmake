# Run by cpack before it makes a package of the files that were installed: adds what packages have beside those, in the
# form that each kind asks for.
set(root ${CPACK_TEMPORARY_INSTALL_DIRECTORY})
set(share ${root}/usr/share)
set(doc ${share}/doc/rusage-bpf)
set(packaging ${CPACK_RUSAGE_BPF_PACKAGING})

function(compress file)
  execute_process(COMMAND gzip -9n ${file} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# By name, as DESTDIR is set here, which file(INSTALL) would heed.
function(add file directory name)
  file(MAKE_DIRECTORY ${directory})
  file(COPY_FILE ${packaging}/${file} ${directory}/${name})
endfunction()

add(default ${root}/etc/default rusage-bpf)
file(GLOB pages ${share}/man/man1/*.1)
foreach(page IN LISTS pages)
  compress(${page})
endforeach()

if(CPACK_GENERATOR STREQUAL DEB)
  # Debian names these otherwise, or has them already.
  file(REMOVE ${doc}/LICENSE ${doc}/LICENSE.GPL-2.0)
  add(debian/copyright ${doc} copyright)
  add(debian/lintian-overrides ${share}/lintian/overrides rusage-bpf)
  file(RENAME ${doc}/CHANGELOG.md ${doc}/changelog)
  compress(${doc}/changelog)
  # Python finds its part there.
  file(MAKE_DIRECTORY ${root}/usr/lib/python3/dist-packages)
  file(WRITE ${root}/usr/lib/python3/dist-packages/rusage-bpf.pth /usr/share/rusage-bpf/python\n)
  if(EXISTS ${share}/zsh/site-functions)
    file(RENAME ${share}/zsh/site-functions ${share}/zsh/vendor-completions)
  endif()
  string(TIMESTAMP date "%a, %d %b %Y %H:%M:%S +0000" UTC)
  file(WRITE ${doc}/changelog.Debian
    "rusage-bpf (${CPACK_PACKAGE_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE}) unstable; urgency=medium\n\n"
    "  * A release; changelog.gz says what is new.\n\n"
    " -- ${CPACK_PACKAGE_CONTACT}  ${date}\n")
  compress(${doc}/changelog.Debian)
endif()
