#include "front/local_rights.hpp"

#include <boost/asio/post.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <grp.h>
#include <mutex>
#include <pwd.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace wardroom {
using control::Right;

bool allows(LocalRights const& rights, Right needed) {
  return needed == Right::read ? rights.read : needed == Right::act ? rights.act : rights.admin;
}

std::string_view group_for(Right right) {
  switch (right) {
    case Right::read:
      return "wardroom";
    case Right::act:
      return "wardroom-operator";
    case Right::admin:
      break;
  }
  return "wardroom-admin";
}

namespace {

/// Calls one of the name service's functions with as much room as its answer takes.
template <class Entry, class Call>
std::optional<Entry> with_room(std::vector<char>& room, Call call) {
  constexpr std::size_t most = 4 << 20;  // groups with a hundred thousand members
  for (room.resize(16 * 1024); room.size() <= most; room.resize(room.size() * 4)) {
    Entry entry{};
    Entry* found = nullptr;
    auto const error = call(&entry, room.data(), room.size(), &found);
    if (error == ERANGE) continue;
    if (error == 0 && found != nullptr) return entry;
    break;
  }
  return std::nullopt;
}

std::optional<gid_t> gid_of(std::string_view name) {
  std::vector<char> room;
  auto const entry = with_room<group>(
      room, [&](auto... rest) { return ::getgrnam_r(std::string(name).c_str(), rest...); });
  return entry ? std::optional(entry->gr_gid) : std::nullopt;
}

bool is_root_or(uid_t own, uid_t uid) { return uid == 0 || uid == own; }

}  // namespace

LocalNames ask_name_service(uid_t uid) {
  LocalNames out;
  std::vector<char> room;
  auto const entry =
      with_room<passwd>(room, [&](auto... rest) { return ::getpwuid_r(uid, rest...); });
  if (entry) {
    out.login = entry->pw_name;
    int count = 64;
    std::vector<gid_t> groups(static_cast<std::size_t>(count));
    if (::getgrouplist(entry->pw_name, entry->pw_gid, groups.data(), &count) < 0) {
      groups.resize(static_cast<std::size_t>(std::max(count, 0)));
      if (::getgrouplist(entry->pw_name, entry->pw_gid, groups.data(), &count) < 0) count = 0;
    }
    groups.resize(static_cast<std::size_t>(std::max(count, 0)));
    out.groups = std::move(groups);
  }
  out.read = gid_of(group_for(Right::read));
  out.act = gid_of(group_for(Right::act));
  out.admin = gid_of(group_for(Right::admin));
  return out;
}

LocalRights judge_rights(http::PeerCredentials const& peer, LocalNames const& names,
                         uid_t own_uid) {
  LocalRights rights{.login = names.login.empty() ? fmt::format("uid {}", peer.uid) : names.login,
                     .named = !names.login.empty()};
  if (is_root_or(own_uid, peer.uid)) {
    rights.read = rights.act = rights.admin = true;
    return rights;
  }
  auto const in = [&](std::optional<gid_t> const& gid) {
    return gid && (*gid == peer.gid || std::ranges::find(peer.groups, *gid) != peer.groups.end() ||
                   std::ranges::find(names.groups, *gid) != names.groups.end());
  };
  rights.admin = in(names.admin);
  rights.act = rights.admin || in(names.act);
  rights.read = rights.act || in(names.read);
  rights.group_exists = !rights.read  ? names.read.has_value()
                        : !rights.act ? names.act.has_value()
                                      : names.admin.has_value();
  return rights;
}

LocalRights local_rights(http::PeerCredentials const& peer) {
  return judge_rights(peer, ask_name_service(peer.uid), ::geteuid());
}

/// Where a thread leaves an answer, also when nobody waits for it any more.
struct RightsBook::Mailbox {
  explicit Mailbox(Executor l) : loop(l) {}
  std::mutex mutex;
  Executor loop;
  RightsBook* owner;  ///< null once it is gone, and with it perhaps the loop
  std::vector<std::pair<Uptime, std::shared_ptr<Wake>>> waiting{};  ///< until when

  void answer(uid_t uid, LocalNames names) {
    std::lock_guard const lock(mutex);
    if (owner == nullptr) return;
    boost::asio::post(loop, [this, uid, names = std::move(names),
                             alive = std::weak_ptr<Mailbox>(owner->mailbox_)]() mutable {
      auto const box = alive.lock();
      if (!box || box->owner == nullptr) return;
      auto& book = *box->owner;
      if (book.known_.size() >= most_people) book.known_.clear();
      book.known_[uid] = {std::move(names), book.clock_.uptime()};
      book.asking_.erase(uid);
      for (auto& [until, wake] : std::exchange(waiting, {})) wake->raise();
    });
  }
};

RightsBook::RightsBook(Executor loop, Clock& clock, Ask ask, bool threads)
    : clock_(clock),
      ask_(std::move(ask)),
      threads_(threads),
      mailbox_(std::make_shared<Mailbox>(loop)) {
  mailbox_->owner = this;
}

RightsBook::~RightsBook() {
  std::lock_guard const lock(mailbox_->mutex);
  mailbox_->owner = nullptr;
}

RightsBook::Known const* RightsBook::known(uid_t uid, Uptime not_before) const {
  auto const it = known_.find(uid);
  return it != known_.end() && it->second.when >= not_before ? &it->second : nullptr;
}

/// A thread of its own each time: one that hangs in a directory server can hold up nobody, not even
/// the end of the daemon. At most four at once.
Task<void> RightsBook::look_up(uid_t uid, Uptime not_before, BootClock::duration at_most) {
  auto const deadline = clock_.uptime() + at_most;
  std::erase_if(mailbox_->waiting, [&](auto const& w) { return w.first < clock_.uptime(); });
  while (known(uid, not_before) == nullptr && clock_.uptime() < deadline) {
    if (!asking_.contains(uid) && asking_.size() < most_asking) {
      try {
        auto work = [uid, ask = ask_, box = mailbox_] { box->answer(uid, ask(uid)); };
        if (threads_)
          std::thread(std::move(work)).detach();
        else
          work();
        asking_[uid] = clock_.uptime();
      } catch (std::system_error const&) {
        // No thread to be had: as if the name service did not answer. It is tried again next time.
      }
    }
    auto wake = std::make_shared<Wake>(mailbox_->loop);
    mailbox_->waiting.emplace_back(deadline, wake);
    auto bell = clock_.at(deadline, [wake] { wake->raise(); });
    co_await wake->wait();
  }
}

Task<Result<LocalRights>> RightsBook::of(http::PeerCredentials peer, Right needed) {
  auto const own = ::geteuid();
  auto const begun = clock_.uptime();
  if (is_root_or(own, peer.uid)) {  // no group counts: any name will do, and none if need be
    if (!known_.contains(peer.uid)) co_await look_up(peer.uid, Uptime::min(), patience_for_a_name);
    auto const* names = known(peer.uid, Uptime::min());
    co_return judge_rights(peer, names == nullptr ? LocalNames{} : names->names, own);
  }
  auto oldest = begun - remembered;
  if (auto const* now = known(peer.uid, oldest);
      now != nullptr && !allows(judge_rights(peer, now->names, own), needed))
    oldest = begun - refusal_remembered;
  if (known(peer.uid, oldest) == nullptr) co_await look_up(peer.uid, oldest, patience);
  if (auto const* found = known(peer.uid, oldest)) co_return judge_rights(peer, found->names, own);
  co_return failure(ErrorKind::unavailable,
                    fmt::format("the name service of this machine does not tell the groups of uid "
                                "{}; root may do everything meanwhile",
                                peer.uid));
}

}  // namespace wardroom
