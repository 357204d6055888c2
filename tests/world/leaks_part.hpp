/// What a daemon holds while it goes on, and what is left of it after its end: tasks, timers,
/// requests, open files. Promise `leaks`.
#pragma once
#include "part.hpp"
#include "world.hpp"

#include <cstddef>
#include <string_view>

namespace wardroom::world {

class LeaksPart final : public Part {
 public:
  explicit LeaksPart(World& world) : world_(world) {}

  std::string_view name() const override { return "leaks"; }
  void prepare() override;
  void look() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  void finish() override;

 private:
  struct Held {
    std::size_t tasks = 0, timers = 0, requests = 0;
  };
  Held held() const;
  static bool within(Held const& now, Held const& most);
  void judge(Held const& now, Held const& most, std::string_view when) const;

  World& world_;
  std::size_t files_ = 0;  ///< open before the first start
  Uptime next_look_{};
  int too_much_ = 0;  ///< looks in a row that saw more than a busy daemon holds
};

}  // namespace wardroom::world
