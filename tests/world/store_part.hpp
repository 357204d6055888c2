/// The daemon's disk and what it has to keep: the disk fails, fills and dawdles; whatever was
/// acknowledged is there after every crash (D1, B3), nothing is acknowledged that cannot be written
/// (D3), and the audit's chain is whole (A1).
#pragma once
#include "disk_trouble.hpp"
#include "part.hpp"
#include "process/health.hpp"
#include "store_ledger.hpp"
#include "store_positions.hpp"
#include "store_verbs.hpp"
#include "world.hpp"

namespace wardroom::world {

class StorePart final : public Part {
 public:
  explicit StorePart(World& world);
  std::string_view name() const override { return "store"; }

  /// The disk fails or is slow, or did a moment ago: writes may be refused or late, and what waits
  /// for them.
  bool troubled(Milliseconds just_now = Milliseconds(30'000)) const {
    return trouble_.now() || trouble_.passed_within(just_now);
  }
  /// Something has been answered that may only be answered once it is stored; see StoreLedger. The
  /// daemon may die at the very next moment.
  void acknowledged(std::string const& key, std::string promise, StoreLedger::Check check);
  void in_doubt(std::string const& key) { ledger_.in_doubt(key); }

  void prepare() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  unsigned weight() const override { return 1; }
  void act(Chance& chance) override;
  unsigned fault_weight() const override { return trouble_.possible() ? 2 : 0; }
  void fault(Chance& chance) override;
  void heal() override { trouble_.end(); }
  void look() override;
  bool settled() override;
  void finish() override;

 private:
  void perhaps_crash();
  void look_at_store(std::string_view when);
  void trouble_over();
  void probe();
  void ask_health(HealthColour wanted, bool is_wanted);
  void verify_audit();
  void judge_audit(Answered const& answer);
  void ask_positions();
  void judge_position(std::string const& email, Uptime left, Answered const& answer);

  World& world_;
  DiskTrouble trouble_;
  StoreLedger ledger_;
  VerbLedger verbs_;
  PositionLedger positions_;
  Chance dice_;
  bool crashes_ = false;  ///< this seed has crashes on acknowledgement
  unsigned crashes_left_ = 6;
  std::uint64_t moment_ = 0;  ///< counts what changes the disk's or the daemon's condition
  bool looked_ = false;       ///< since the daemon is up
  std::string heads_;         ///< of the audit, as published: kept outside of the store
  TimerHandle probe_, relief_;
};

}  // namespace wardroom::world
