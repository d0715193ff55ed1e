# What tools/kernels/run does for arm64, with a static build: see docs/kernels.md. Sourced by it.
# shellcheck shell=bash disable=SC2034,SC2154 # variables that both have

emulator=qemu-system-aarch64
machine=(-machine virt -cpu max)
console=ttyAMA0

# Debian's kernel for arm64 is an image that QEMU boots as it is.
unpack_kernel() {
  cat "$1"
}

# Puts busybox and a true that is a program of its own into the folder $1, with the libraries that they need. Static
# programs need none.
add_programs() {
  local packages=$cache/programs root=$1
  if [[ ! -d $packages ]]; then
    echo 'downloading busybox and coreutils for arm64' >&2
    mkdir -p "$work/programs"
    (cd "$work/programs" && apt-get -qq -o APT::Sandbox::User=root download {busybox-static,coreutils,libc6}:arm64) ||
      fail 'cannot download programs for arm64: has tools/setup --test been run lately?'
    for package in "$work"/programs/*.deb; do dpkg-deb -x "$package" "$work/programs"; done
    mkdir -p "$cache/.new-$$/"{bin,lib}
    cp "$work/programs/bin/busybox" "$work/programs/bin/true" "$cache/.new-$$/bin"
    cp -L "$work"/programs/lib/aarch64-linux-gnu/{ld-linux-aarch64.so.1,libc.so.6} "$cache/.new-$$/lib"
    mv "$cache/.new-$$" "$packages"
  fi
  cp "$packages"/bin/* "$root/bin"
  mkdir -p "$root/lib/aarch64-linux-gnu"
  cp "$packages"/lib/libc.so.6 "$root/lib/aarch64-linux-gnu"
  cp "$packages"/lib/ld-linux-aarch64.so.1 "$root/lib"
}
