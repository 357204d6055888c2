#include "failing_new.hpp"

#include <cstdlib>
#include <new>

namespace {

struct Plan {
  std::uint64_t countdown = 0;  // 0 = none fails
  bool lasting = false, reached = false;
};
thread_local Plan plan;

bool fails() {
  if (plan.countdown == 0) return false;
  if (plan.reached) return plan.lasting;
  if (--plan.countdown > 0) return false;
  plan.reached = true;
  plan.countdown = 1;
  return true;
}

void* get(std::size_t size, std::size_t alignment) noexcept {
  if (fails()) return nullptr;
  if (size == 0) size = 1;
  if (alignment <= alignof(std::max_align_t)) return std::malloc(size);
  return std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
}

void* get_or_throw(std::size_t size, std::size_t alignment) {
  if (auto* const memory = get(size, alignment)) return memory;
  throw std::bad_alloc();
}

constexpr std::size_t usual = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t size) { return get_or_throw(size, usual); }
void* operator new[](std::size_t size) { return get_or_throw(size, usual); }
void* operator new(std::size_t size, std::nothrow_t const&) noexcept { return get(size, usual); }
void* operator new[](std::size_t size, std::nothrow_t const&) noexcept { return get(size, usual); }
void* operator new(std::size_t size, std::align_val_t alignment) {
  return get_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment) {
  return get_or_throw(size, static_cast<std::size_t>(alignment));
}
void* operator new(std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return get(size, static_cast<std::size_t>(alignment));
}
void* operator new[](std::size_t size, std::align_val_t alignment, std::nothrow_t const&) noexcept {
  return get(size, static_cast<std::size_t>(alignment));
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::nothrow_t const&) noexcept { std::free(memory); }
void operator delete[](void* memory, std::nothrow_t const&) noexcept { std::free(memory); }

namespace wardroom::test {

FailingNew::FailingNew(std::uint64_t nth, bool lasting) {
  plan = {.countdown = nth, .lasting = lasting};
}
FailingNew::~FailingNew() { stop(); }
bool FailingNew::reached() const { return plan.reached; }
void FailingNew::stop() { plan.countdown = 0; }

}  // namespace wardroom::test
