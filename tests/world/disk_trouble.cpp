#include "disk_trouble.hpp"

#include <fmt/format.h>

namespace wardroom::world {
using namespace std::chrono_literals;
using Kind = DiskTrouble::Kind;
using Fault = test::MemoryDisk::Fault;

namespace {

constexpr Kind all[] = {Kind::failed_syncs, Kind::full, Kind::no_writes, Kind::no_reads,
                        Kind::slow};

/// Seconds mostly, now and then minutes. Nobody reads for long without a disk: the daemon would not
/// even start.
Milliseconds duration(Kind kind, Chance& chance) {
  auto const mean = kind == Kind::no_reads ? 3'000ms : chance.one_in(6) ? 120'000ms : 12'000ms;
  return 200ms + std::min(chance.around(mean), Milliseconds(10min));
}

}  // namespace

std::string_view name(Kind kind) {
  switch (kind) {
    case Kind::failed_syncs:
      return "syncs fail";
    case Kind::full:
      return "the disk is full";
    case Kind::no_writes:
      return "nothing can be written";
    case Kind::no_reads:
      return "all of the disk fails";
    case Kind::slow:
      return "commits are slow";
  }
  return "?";
}

DiskTrouble::DiskTrouble(World& world, std::function<void()> over)
    : world_(world), over_(std::move(over)) {
  for (auto const kind : all)
    if (world.has(fmt::format("disk: {}", name(kind)), 400)) kinds_.push_back(kind);
}

void DiskTrouble::begin(Chance& chance) {
  if (kind_ || kinds_.empty()) return;
  auto const kind = chance.pick(kinds_);
  auto const time = duration(kind, chance);
  auto& disk = world_.disk();
  switch (kind) {
    case Kind::failed_syncs:
      disk.fail_sync(1, 1 + chance.below(4));
      break;
    case Kind::full:
      disk.fail(Fault::full);
      break;
    case Kind::no_writes:
      disk.fail(Fault::no_writes);
      break;
    case Kind::no_reads:
      disk.fail(Fault::io_error);
      break;
    case Kind::slow:
      // A stop may take 5 s (G2) and commits several times.
      disk.be_slow(Milliseconds(chance.between(20, 400)));
      break;
  }
  kind_ = kind;
  world_.note("disk", fmt::format("{}, for {} ms", name(kind), time.count()));
  end_ = world_.clock().after(time, [this] { end(); });
}

void DiskTrouble::end() {
  end_.cancel();
  if (!kind_) return;
  world_.disk().heal();
  world_.disk().be_slow(0ms);
  world_.note("disk", "the disk is well again");
  kind_.reset();
  ended_ = world_.now();
  over_();
}

bool DiskTrouble::passed_within(Milliseconds time) const {
  return ended_ && world_.now() - *ended_ < time;
}

}  // namespace wardroom::world
