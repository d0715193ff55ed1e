# Builds for aarch64 with Debian's cross compiler and :arm64 packages, which tools/setup --release installs:
# tools/build build-aarch64 -DCMAKE_TOOLCHAIN_FILE=tools/cmake/aarch64.cmake -DRUSAGE_BPF_STATIC=ON
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
