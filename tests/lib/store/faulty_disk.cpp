// What fails, and what the disk has kept when the power comes back.
#include "faulty_vfs.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <cerrno>

namespace wardroom::test {

std::uint64_t FaultyDisk::calls() const {
  std::lock_guard lock(mutex_);
  return calls_;
}
std::uint64_t FaultyDisk::syncs() const {
  std::lock_guard lock(mutex_);
  return syncs_;
}
std::uint64_t FaultyDisk::failed() const {
  std::lock_guard lock(mutex_);
  return failed_;
}
bool FaultyDisk::dark() const {
  std::lock_guard lock(mutex_);
  return dark_;
}
void FaultyDisk::fail(Fault fault, std::uint64_t first, std::uint64_t last) {
  std::lock_guard lock(mutex_);
  fault_ = fault;
  first_ = first;
  last_ = last;
  failed_ = 0;
}
void FaultyDisk::fail_sync(std::uint64_t number) {
  std::lock_guard lock(mutex_);
  sync_to_fail_ = syncs_ + number;
  failed_ = 0;
}
void FaultyDisk::heal() {
  std::lock_guard lock(mutex_);
  first_ = last_ = sync_to_fail_ = 0;
}
void FaultyDisk::cut_at(std::uint64_t call) {
  std::lock_guard lock(mutex_);
  cut_at_ = call;
}

std::string FaultyDisk::contents(std::string const& name) const {
  std::lock_guard lock(mutex_);
  auto const found = names_.find(name);
  return found == names_.end() ? std::string() : found->second->live;
}
void FaultyDisk::replace(std::string const& name, std::string bytes) {
  std::lock_guard lock(mutex_);
  auto node = std::make_shared<Node>();
  node->live = node->durable = std::move(bytes);
  names_[name] = durable_names_[name] = std::move(node);
}
void FaultyDisk::overwrite(std::string const& name, std::string bytes) {
  std::lock_guard lock(mutex_);
  auto& node = *names_.at(name);
  node.live = node.durable = std::move(bytes);
}
bool FaultyDisk::exists(std::string const& name) const {
  std::lock_guard lock(mutex_);
  return names_.contains(name);
}

void FaultyDisk::apply(std::string& to, Change const& change) {
  auto const at = static_cast<std::size_t>(change.at);
  if (change.truncate) {
    if (at < to.size()) to.resize(at);
    return;
  }
  if (to.size() < at + change.bytes.size()) to.resize(at + change.bytes.size());
  std::ranges::copy(change.bytes, to.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The changes cut where sectors meet, some of them torn inside the sector.
std::vector<FaultyDisk::Change> FaultyDisk::pieces(std::vector<Change> const& changes, Dice& dice) {
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
      if (dice.one_in(16)) piece.bytes.resize(dice.below(piece.bytes.size()) + 1);
      out.push_back(std::move(piece));
      from = end;
    }
  }
  return out;
}

std::vector<FaultyDisk::Change> FaultyDisk::survivors(std::vector<Change> changes, Dice& dice) {
  switch (dice.below(4)) {
    case 0:  // nothing had left the cache
      return {};
    case 1:  // everything had
      return changes;
    case 2: {  // the disk was busy with one of them, in order
      auto all = pieces(changes, dice);
      all.resize(dice.below(all.size() + 1));
      return all;
    }
    default: {  // any of them, in any order
      auto all = pieces(changes, dice);
      auto const keep = dice.between(1, 9);
      std::erase_if(all, [&](Change const&) { return dice.between(0, 9) >= keep; });
      for (std::size_t i = all.size(); i > 1; --i) std::swap(all[i - 1], all[dice.below(i)]);
      return all;
    }
  }
}

void FaultyDisk::power_on(Dice& dice) {
  std::lock_guard lock(mutex_);
  // A name that was made or removed and not synced: either is possible.
  std::map<std::string, std::shared_ptr<Node>> found = durable_names_;
  for (auto const& [name, node] : names_)
    if (!found.contains(name) || found[name] != node)
      if (dice.one_in(2)) found[name] = node;
  for (auto const& [name, node] : durable_names_)
    if (!names_.contains(name) && dice.one_in(2)) found.erase(name);
  names_ = std::move(found);
  for (auto& [name, node] : names_) {
    for (auto const& change : survivors(std::move(node->unsynced), dice))
      apply(node->durable, change);
    auto fresh = std::make_shared<Node>();
    fresh->live = fresh->durable = node->durable;
    node = std::move(fresh);
  }
  durable_names_ = names_;
  indexes_.clear();
  cut_at_.reset();
  dark_ = false;
}

int FaultyDisk::code_of(Call call) const {
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

int FaultyDisk::enter(Call call, bool needs_room) {
  ++calls_;
  if (call == Call::sync) ++syncs_;
  if (cut_at_ && calls_ >= *cut_at_) dark_ = true;
  if (dark_) return fails(call, EIO);
  if (call == Call::sync && syncs_ == sync_to_fail_) return fails(call, EIO);
  if (calls_ < first_ || calls_ > last_) return SQLITE_OK;
  bool const changes = call == Call::write || call == Call::truncate || call == Call::remove;
  switch (fault_) {
    case Fault::full:
      return needs_room ? fails(call, ENOSPC) : SQLITE_OK;
    case Fault::read_only:
      return changes || call == Call::open ? fails(call, EROFS) : SQLITE_OK;
    case Fault::failed_sync:
      return call == Call::sync ? fails(call, EIO) : SQLITE_OK;
    default:
      return fails(call, EIO);
  }
}

int FaultyDisk::fails(Call call, int why) {
  ++failed_;
  errno_ = why;
  return code_of(call);
}

}  // namespace wardroom::test
