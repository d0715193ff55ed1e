// Fields of the kernel with another size or sign than in bpf/kernel_types.h: bpf/read.h, with made-up kernel types.
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include <array>
#include <catch2/catch.hpp>
#include <cstring>
#include <fstream>
#include <memory>
#include <span>

#include "field_size.skel.h"
#include "support/process.h"

namespace {

// A number as a kernel may have it. `bits` is 0 where it is no bit field.
struct Kind {
  const char *name;
  int bytes;
  bool is_signed;
  int bits = 0;

  [[nodiscard]] int width() const { return bits != 0 ? bits : bytes * 8; }
  // The greatest value, or -2.
  [[nodiscard]] std::int64_t value() const {
    if (is_signed) return -2;
    return width() == 64 ? -1 : (std::int64_t{1} << width()) - 1;
  }
};

constexpr std::size_t memory_bytes = 128;
constexpr int pitch_bits = 256;  // from one field to the next
constexpr int bit_of_bit_field = 3;

int first_bit(const Kind &kind, int field) {
  return 64 + field * pitch_bits + (kind.bits != 0 ? bit_of_bit_field : 0);
}

// Writes the types of a kernel whose task_struct has the three fields as `kind`.
void write_types(const std::string &file, const Kind &kind) {
  const std::unique_ptr<btf, decltype(&btf__free)> types(btf__new_empty(), btf__free);
  REQUIRE(types);
  const int number =
      btf__add_int(types.get(), kind.name, static_cast<std::size_t>(kind.bytes), kind.is_signed ? BTF_INT_SIGNED : 0);
  REQUIRE(number > 0);
  REQUIRE(btf__add_struct(types.get(), "task_struct", memory_bytes) > 0);
  int field = 0;
  for (const char *name : {"exit_code", "__state", "utime"})
    REQUIRE(btf__add_field(types.get(), name, number, static_cast<std::uint32_t>(first_bit(kind, field++)),
                           static_cast<std::uint32_t>(kind.bits)) == 0);
  std::uint32_t bytes = 0;
  const void *raw = btf__raw_data(types.get(), &bytes);
  std::ofstream(file).write(static_cast<const char *>(raw), bytes);
}

// The fields' values, and around them bits that are the opposite of the nearest one.
void lay_out(std::span<std::uint8_t> memory, const Kind &kind) {
  const bool around = (kind.value() & 1) == 0;
  std::fill(memory.begin(), memory.end(), around ? 0xff : 0);
  for (int field = 0; field < 3; field++)
    for (int bit = 0; bit < kind.width(); bit++) {
      const int at = first_bit(kind, field) + bit;
      std::uint8_t &byte = memory[static_cast<std::size_t>(at / 8)];
      const auto mask = static_cast<std::uint8_t>(1 << at % 8);
      byte = (kind.value() >> bit & 1) != 0 ? byte | mask : byte & ~mask;
    }
}

}  // namespace

TEST_CASE("a field of the kernel is read with the size and sign that this kernel has") {
  const Kind kind =
      GENERATE(Kind{"u8", 1, false}, Kind{"s8", 1, true}, Kind{"u16", 2, false}, Kind{"s16", 2, true},
               Kind{"u32", 4, false}, Kind{"s32", 4, true}, Kind{"u64", 8, false}, Kind{"s64", 8, true},
               Kind{"bit field", 4, false, 1}, Kind{"bit field", 4, false, 9}, Kind{"signed bit field", 4, true, 6});
  CAPTURE(kind.name, kind.bits);
  const test::TemporaryDirectory directory;
  const std::string types = directory.file("types");
  write_types(types, kind);

  libbpf_set_print(nullptr);  // of what does not fit, and is not used then
  LIBBPF_OPTS(bpf_object_open_opts, options);
  options.btf_custom_path = types.c_str();
  const std::unique_ptr<field_size, decltype(&field_size__destroy)> kernel(field_size__open_opts(&options),
                                                                           field_size__destroy);
  REQUIRE(kernel);
  // A number that is unsigned for us and signed there, of another size, is refused: so is the whole way of recording.
  const bool fits = !kind.is_signed && kind.bits == 0;
  bpf_program__set_autoload(kernel->progs.unsigned_directly, fits);
  REQUIRE(field_size__load(kernel.get()) == 0);
  std::array<std::uint8_t, memory_bytes> memory{};
  lay_out(memory, kind);
  static_assert(sizeof(kernel->bss->kernel_memory) == memory_bytes);
  std::memcpy(kernel->bss->kernel_memory, memory.data(), memory.size());
  for (const bpf_program *program : {kernel->progs.by_copies, kernel->progs.unsigned_directly}) {
    LIBBPF_OPTS(bpf_test_run_opts, run);
    if (bpf_program__autoload(program)) REQUIRE(bpf_prog_test_run_opts(bpf_program__fd(program), &run) == 0);
  }

  CHECK(kernel->bss->exit_code == static_cast<std::int32_t>(kind.value()));
  for (const bool direct : {false, true}) {
    CAPTURE(direct);
    if (direct && !fits) continue;
    CHECK(static_cast<std::uint32_t>(kernel->bss->state[direct]) == static_cast<std::uint32_t>(kind.value()));
    CHECK(kernel->bss->utime[direct] == kind.value());
  }
}
