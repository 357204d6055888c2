#include "base/secret_memory.hpp"

#include <fmt/format.h>
#include <sodium.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <vector>

#if __has_feature(address_sanitizer)
#include <sanitizer/asan_interface.h>
#else
#define ASAN_POISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(bytes, size) ((void)(bytes), (void)(size))
#endif

namespace wardroom {
namespace {

constexpr std::size_t smallest_slot = 32;
constexpr std::size_t slab_bytes = 64 * 1024;
constexpr std::size_t classes = 11;
constexpr std::size_t longest_slot = smallest_slot << (classes - 1);
static_assert(longest_slot == slab_bytes / 2);

std::size_t page_bytes() {
  static auto const bytes = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
  return bytes;
}
std::size_t whole_pages(std::size_t size) {
  return (size + page_bytes() - 1) / page_bytes() * page_bytes();
}

/// 0, or the errno of what the system refused.
int protect(char* pages, std::size_t size) {
  // By number: the sanitizers replace mlock by a function that does nothing.
  if (::syscall(SYS_mlock, pages, size) != 0) {
    int const error = errno;
    ::madvise(pages, size, MADV_DONTDUMP);
    ::madvise(pages, size, MADV_WIPEONFORK);
    return error;
  }
  // Wiped rather than absent in a child: it may run destructors, but finds nothing.
  bool const hidden =
      ::madvise(pages, size, MADV_DONTDUMP) == 0 && ::madvise(pages, size, MADV_WIPEONFORK) == 0;
  return hidden ? 0 : errno;
}

/// Readable pages between two that are not. nullptr when there is no memory.
char* map_between_guards(std::size_t size) {
  auto const whole = size + 2 * page_bytes();
  auto* const all = ::mmap(nullptr, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (all == MAP_FAILED) return nullptr;
  auto* const pages = static_cast<char*>(all) + page_bytes();
  if (::mprotect(pages, size, PROT_READ | PROT_WRITE) == 0) return pages;
  ::munmap(all, whole);
  return nullptr;
}

class Arena {
 public:
  char* take(std::size_t size) {
    auto* const bytes = size > longest_slot ? take_pages(size) : take_slot(class_of(size));
    ASAN_UNPOISON_MEMORY_REGION(bytes, size);
    return bytes;
  }

  void give_back(char* bytes, std::size_t size) noexcept {
    sodium_memzero(bytes, size);
    if (size > longest_slot) return give_back_pages(bytes, size);
    auto const which = class_of(size);
    ASAN_POISON_MEMORY_REGION(bytes, smallest_slot << which);
    std::lock_guard lock(guard_);
    free_[which].push_back(bytes);  // has room for all: grow() saw to it
    --figures_.secrets;
  }

  SecretMemory figures() {
    std::lock_guard lock(guard_);
    auto out = figures_;
    if (out.unlocked_slabs > 0)
      out.trouble = fmt::format(
          "{} KiB of the memory for tokens and keys could not be locked ({}), so they may reach "
          "the swap space: raise LimitMEMLOCK= of the service (ulimit -l)",
          out.unlocked_bytes / 1024, std::strerror(why_));
    return out;
  }

 private:
  static std::size_t class_of(std::size_t size) {
    return static_cast<std::size_t>(
        std::countr_zero(std::bit_ceil(std::max(size, smallest_slot)) / smallest_slot));
  }

  char* take_slot(std::size_t which) {
    std::lock_guard lock(guard_);
    auto& free = free_[which];
    if (free.empty()) grow(which);
    auto* const slot = free.back();
    free.pop_back();
    ++figures_.secrets;
    return slot;
  }

  /// The free list lies outside the slots, so that a free slot holds nothing but zeros.
  void grow(std::size_t which) {
    auto const slot = smallest_slot << which;
    auto& free = free_[which];
    auto const in_all = ++slabs_of_[which] * (slab_bytes / slot);
    if (free.capacity() < in_all) free.reserve(std::max(in_all, 2 * free.capacity()));
    auto* const slab = map_between_guards(slab_bytes);
    if (slab == nullptr) {
      --slabs_of_[which];
      throw std::bad_alloc();
    }
    count_in(slab_bytes, protect(slab, slab_bytes));
    ASAN_POISON_MEMORY_REGION(slab, slab_bytes);
    for (std::size_t at = slab_bytes; at > 0; at -= slot) free.push_back(slab + at - slot);
  }

  char* take_pages(std::size_t size) {
    auto const whole = whole_pages(size);
    std::lock_guard lock(guard_);
    // Room to remember it by, when it is one of those that could not be locked.
    unlocked_.reserve(unlocked_.size() + 1);
    auto* const pages = map_between_guards(whole);
    if (pages == nullptr) throw std::bad_alloc();
    int const error = protect(pages, whole);
    if (error != 0) unlocked_.push_back(pages);
    count_in(whole, error);
    ++figures_.secrets;
    return pages;
  }

  void give_back_pages(char* pages, std::size_t size) noexcept {
    auto const whole = whole_pages(size);
    std::lock_guard lock(guard_);
    bool const locked = std::erase(unlocked_, pages) == 0;
    ::munmap(pages - page_bytes(), whole + 2 * page_bytes());
    --figures_.secrets;
    --(locked ? figures_.slabs : figures_.unlocked_slabs);
    (locked ? figures_.locked_bytes : figures_.unlocked_bytes) -= whole;
  }

  void count_in(std::size_t size, int error) {
    ++(error == 0 ? figures_.slabs : figures_.unlocked_slabs);
    (error == 0 ? figures_.locked_bytes : figures_.unlocked_bytes) += size;
    if (error != 0) why_ = error;
  }

  std::mutex guard_;  // helper threads and the writer's thread touch secrets too
  std::array<std::vector<char*>, classes> free_;
  std::array<std::size_t, classes> slabs_of_{};
  std::vector<char*> unlocked_;  ///< pages of their own that could not be locked
  SecretMemory figures_;
  int why_ = 0;
};

/// Never destroyed: secrets of static objects outlive everything else.
Arena& arena() {
  static auto& the_one = *new Arena;
  return the_one;
}

}  // namespace

SecretMemory secret_memory() { return arena().figures(); }
char* take_secret_memory(std::size_t size) { return arena().take(size); }
void give_back_secret_memory(char* bytes, std::size_t size) noexcept {
  arena().give_back(bytes, size);
}

}  // namespace wardroom
