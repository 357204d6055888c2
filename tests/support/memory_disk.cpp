// What fails, and what the disk has kept when the power comes back.
#include "support/memory_disk.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>

namespace wardroom::test {

std::uint64_t MemoryDisk::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}
std::uint64_t MemoryDisk::syncs() const {
  std::lock_guard lock(mutex_);
  return syncs_;
}
std::uint64_t MemoryDisk::failed() const {
  std::lock_guard lock(mutex_);
  return failed_;
}
bool MemoryDisk::dark() const {
  std::lock_guard lock(mutex_);
  return dark_;
}
void MemoryDisk::fail(Fault fault, std::uint64_t first, std::uint64_t last) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  first_ = first;
  last_ = last;
  failed_ = 0;
}
void MemoryDisk::fail(Fault fault) { fail(fault, calls() + 1, ~std::uint64_t{0}); }
void MemoryDisk::fail_sync(std::uint64_t number, std::uint64_t count) {
  std::lock_guard lock(mutex_);
  first_sync_ = syncs_ + number;
  last_sync_ = syncs_ + number + count - 1;
  failed_ = 0;
}
void MemoryDisk::heal() {
  std::lock_guard lock(mutex_);
  first_ = last_ = first_sync_ = last_sync_ = 0;
}
void MemoryDisk::be_slow(Milliseconds batch) {
  std::lock_guard lock(mutex_);
  slowness_ = batch;
}
Milliseconds MemoryDisk::slowness() const {
  std::lock_guard lock(mutex_);
  return slowness_;
}
void MemoryDisk::lie_about_syncs(bool lies) {
  std::lock_guard lock(mutex_);
  lies_ = lies;
}
void MemoryDisk::use_time(std::function<Instant()> now) {
  std::lock_guard lock(mutex_);
  now_ = std::move(now);
}
void MemoryDisk::seed_sqlite(std::uint32_t seed) {
  sqlite3_test_control(SQLITE_TESTCTRL_PRNG_SEED, static_cast<int>(seed | 1), nullptr);
}
void MemoryDisk::cut_at(std::uint64_t call) {
  std::lock_guard lock(mutex_);
  cut_at_ = call;
}

std::string MemoryDisk::contents(std::string const& name) const {
  std::lock_guard lock(mutex_);
  auto const found = names_.find(name);
  return found == names_.end() ? std::string() : found->second->live;
}
void MemoryDisk::replace(std::string const& name, std::string bytes) {
  std::lock_guard lock(mutex_);
  auto node = std::make_shared<Node>();
  node->live = node->durable = std::move(bytes);
  names_[name] = durable_names_[name] = std::move(node);
}
void MemoryDisk::overwrite(std::string const& name, std::string bytes) {
  std::lock_guard lock(mutex_);
  auto& node = *names_.at(name);
  node.live = node.durable = std::move(bytes);
}
bool MemoryDisk::exists(std::string const& name) const {
  std::lock_guard lock(mutex_);
  return names_.contains(name);
}

void MemoryDisk::apply(std::string& to, Change const& change) {
  auto const at = static_cast<std::size_t>(change.at);
  if (change.truncate) {
    if (at < to.size()) to.resize(at);
    return;
  }
  if (to.size() < at + change.bytes.size()) to.resize(at + change.bytes.size());
  std::ranges::copy(change.bytes, to.begin() + static_cast<std::ptrdiff_t>(at));
}

std::unique_ptr<MemoryDisk> MemoryDisk::clone() const {
  auto copy = std::make_unique<MemoryDisk>();
  std::lock_guard lock(mutex_);
  // Two names may mean one file: before its folder is synced, and after it.
  std::map<Node const*, std::shared_ptr<Node>> copies;
  auto const copied = [&](auto const& names) {
    std::map<std::string, std::shared_ptr<Node>> out;
    for (auto const& [name, node] : names) {
      auto& fresh = copies[node.get()];
      if (!fresh) {
        fresh = std::make_shared<Node>();
        fresh->live = node->live;
        fresh->durable = node->durable;
        fresh->unsynced = node->unsynced;
      }
      out[name] = fresh;
    }
    return out;
  };
  copy->names_ = copied(names_);
  copy->durable_names_ = copied(durable_names_);
  // A disk that is full or broken until somebody mends it is so after a start as well.
  if (last_ == ~std::uint64_t{0}) {
    copy->fault_ = fault_;
    copy->first_ = 1;
    copy->last_ = last_;
  }
  copy->slowness_ = slowness_;
  return copy;
}

std::unique_ptr<MemoryDisk> MemoryDisk::after_power_cut(Random& dice) const {
  auto copy = clone();
  copy->power_on(dice);
  return copy;
}

namespace {

std::uint64_t below(Random& dice, std::uint64_t n) { return dice.number() % n; }
bool one_in(Random& dice, std::uint64_t n) { return below(dice, n) == 0; }

}  // namespace

/// The changes cut where sectors meet, some of them torn inside the sector.
std::vector<MemoryDisk::Change> MemoryDisk::pieces(std::vector<Change> const& changes,
                                                   Random& dice) {
  std::vector<Change> out;
  for (auto const& change : changes) {
    if (change.truncate) {
      out.push_back(change);
      continue;
    }
    for (std::size_t from = 0; from < change.bytes.size();) {
      auto const at = static_cast<std::size_t>(change.at) + from;
      auto const end = std::min(change.bytes.size(), from + sector - at % sector);
      Change piece{static_cast<std::int64_t>(at), change.bytes.substr(from, end - from)};
      if (one_in(dice, 16)) piece.bytes.resize(below(dice, piece.bytes.size()) + 1);
      out.push_back(std::move(piece));
      from = end;
    }
  }
  return out;
}

std::vector<MemoryDisk::Change> MemoryDisk::survivors(std::vector<Change> changes, Random& dice) {
  switch (below(dice, 4)) {
    case 0:  // nothing had left the cache
      return {};
    case 1:  // everything had
      return changes;
    case 2: {  // the disk was busy with one of them, in order
      auto all = pieces(changes, dice);
      all.resize(below(dice, all.size() + 1));
      return all;
    }
    default: {  // any of them, in any order
      auto all = pieces(changes, dice);
      auto const keep = 1 + below(dice, 9);
      std::erase_if(all, [&](Change const&) { return below(dice, 10) >= keep; });
      for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[below(dice, i)]);
      return all;
    }
  }
}

void MemoryDisk::power_on(Random& dice) {
  std::lock_guard lock(mutex_);
  // A name that was made or removed and not synced: either is possible.
  std::map<std::string, std::shared_ptr<Node>> found = durable_names_;
  for (auto const& [name, node] : names_)
    if (!found.contains(name) || found[name] != node)
      if (one_in(dice, 2)) found[name] = node;
  for (auto const& [name, node] : durable_names_)
    if (!names_.contains(name) && one_in(dice, 2)) found.erase(name);
  names_ = std::move(found);
  durable_names_.clear();
  for (auto& [name, node] : names_) {
    for (auto const& change : survivors(std::move(node->unsynced), dice))
      apply(node->durable, change);
    auto fresh = std::make_shared<Node>();
    fresh->live = node->durable;
    // Another name may mean it too.
    if (node.use_count() == 1)
      fresh->durable = std::move(node->durable);
    else
      fresh->durable = node->durable;
    node = std::move(fresh);
  }
  durable_names_ = names_;
  indexes_.clear();
  cut_at_.reset();
  dark_ = false;
}

int MemoryDisk::code_of(Call call) const {
  switch (call) {
    case Call::open:
      return SQLITE_CANTOPEN;
    case Call::remove:
      return SQLITE_IOERR_DELETE;
    case Call::exists:
      return SQLITE_IOERR_ACCESS;
    case Call::read:
      return SQLITE_IOERR_READ;
    case Call::write:
      return errno_ == ENOSPC ? SQLITE_FULL : SQLITE_IOERR_WRITE;
    case Call::truncate:
      return SQLITE_IOERR_TRUNCATE;
    case Call::sync:
      return SQLITE_IOERR_FSYNC;
    case Call::size:
      return SQLITE_IOERR_FSTAT;
    case Call::index:
      return SQLITE_IOERR_SHMMAP;
  }
  return SQLITE_IOERR;
}

int MemoryDisk::enter(Call call, bool needs_room) {
  ++calls_;
  if (call == Call::sync) ++syncs_;
  if (cut_at_ && calls_ >= *cut_at_) dark_ = true;
  if (dark_) return fails(call, EIO);
  if (call == Call::sync && syncs_ >= first_sync_ && syncs_ <= last_sync_) return fails(call, EIO);
  if (calls_ < first_ || calls_ > last_) return SQLITE_OK;
  bool const changes = call == Call::write || call == Call::truncate || call == Call::remove;
  switch (fault_) {
    case Fault::full:
      return needs_room ? fails(call, ENOSPC) : SQLITE_OK;
    case Fault::read_only:
      return changes || call == Call::open ? fails(call, EROFS) : SQLITE_OK;
    case Fault::no_writes:
      return changes || call == Call::sync ? fails(call, EIO) : SQLITE_OK;
    case Fault::failed_sync:
      return call == Call::sync ? fails(call, EIO) : SQLITE_OK;
    default:
      return fails(call, EIO);
  }
}

int MemoryDisk::fails(Call call, int why) {
  ++failed_;
  errno_ = why;
  return code_of(call);
}

}  // namespace wardroom::test
