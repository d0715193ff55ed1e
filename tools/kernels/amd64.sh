# What tools/kernels/run does for x86-64. Sourced by it.
# shellcheck shell=bash disable=SC2034,SC2154 # variables that both have

emulator=qemu-system-x86_64
# tsc=reliable: 6.1 does not trust the TSCs of two emulated processors to agree, and would use the HPET, slow to read.
machine=(-cpu max)
console='ttyS0 mitigations=off tsc=reliable'

# Unpacks the ELF kernel out of the bzImage $1, to stdout. QEMU boots that as well (by its PVH entry), and the guest need
# not unpack it under emulation: 8 s of a boot of 14 s for 6.1. Where it lies is in the header of the x86 boot protocol
# (setup_sects, payload_offset, payload_length); its last 4 bytes are the unpacked size.
unpack_kernel() {
  local sectors offset length unpack
  sectors=$(od -An -tu1 -j $((0x1f1)) -N 1 "$1")
  offset=$(($(od -An -tu4 -j $((0x248)) -N 4 "$1") + (sectors + 1) * 512))
  length=$(($(od -An -tu4 -j $((0x24c)) -N 4 "$1") - 4))
  case $(od -An -tx1 -j "$offset" -N 4 "$1") in
    ' fd 37 7a 58') unpack=xz ;;
    ' 28 b5 2f fd') unpack=zstd ;;
    *) fail "$1 is compressed neither by xz nor by zstd" ;;
  esac
  dd if="$1" iflag=skip_bytes,count_bytes skip="$offset" count="$length" bs=1M status=none |
    "$unpack" -dc
}

# Prints the paths of the shared libraries, and of the loader, that the programs $@ need.
libraries() {
  local listing program
  # ldd fails on scripts and on static programs, which need none.
  listing=$(for program; do ldd "$program" 2>/dev/null || true; done)
  ! grep 'not found' <<<"$listing" >&2 || fail 'a test program lacks a shared library'
  sed -nE 's/^.* => (\/.*) \(0x.*$/\1/p; s/^\t(\/.*) \(0x.*$/\1/p' <<<"$listing" | sort -u
}

# Puts busybox and a true that is a program of its own into the folder $1, with the libraries that these and the programs
# ${@:2} need.
add_programs() {
  local file root=$1
  shift
  install "$(command -v busybox)" "$root/bin/busybox"
  install /usr/bin/true "$root/usr/bin/true"
  while read -r file; do install -D "$file" "$root$file"; done < <(libraries "$@" /usr/bin/true "$(command -v busybox)")
}
