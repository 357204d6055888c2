/// The meeting servers of a world, the people in their conferences, and promises B1, B2 and B3.
///
/// What people see is compared with who is truly there as soon as that was told: every record about
/// them acknowledged. The truth is the simulator's; the daemon is asked nothing but at the end.
#pragma once
#include "notices_policy.hpp"
#include "notices_posts.hpp"
#include "part.hpp"
#include "sim/cms_sender.hpp"
#include "support/banner_truth.hpp"
#include "world.hpp"

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace wardroom::world {

class NoticesPart final : public Part {
 public:
  explicit NoticesPart(World& world);

  std::string_view name() const override { return "notices"; }
  void prepare() override;
  std::string configuration() override;
  void daemon_started() override;
  void daemon_gone(bool crashed) override;
  void reloaded(bool ok) override;

  unsigned weight() const override { return 4; }
  void act(Chance& dice) override;
  unsigned fault_weight() const override { return 4; }
  void fault(Chance& dice) override;
  void heal() override;

  void look() override;
  bool settled() override;
  void finish() override;

 private:
  using Instance = test::BannerTruth::Instance;
  struct Screen {
    int level = 0;
    std::optional<Uptime> below_since{};
    Uptime refused_until{};               ///< a message was refused: it is tried again till then
    std::optional<Uptime> overwritten{};  ///< by somebody else; till then it is found
  };
  /// Records of a bridge were lost on the way: until then it must be read anew.
  struct ReadingDue {
    Uptime since{}, by{};
    std::string why{};
  };
  struct Bridge {
    std::string name, origin, secret;
    std::shared_ptr<sim::CmsReceiver> receiver{};
    Uptime spoiled_until{};        ///< its API broke
    Uptime puts_spoiled_until{};   ///< the same for messages: no reading follows them
    Uptime clogged_until{};        ///< requests hang, and what waits behind them leaves late
    Uptime reads_spoiled_until{};  ///< it broke for questions alone
    Uptime refuses_until{};        ///< questions
    bool refuses_by_silence = false;
    int busy_puts = 0;  ///< messages that are still to be answered 503
    TimerHandle api_mends{}, posts_mend{};
    int garbles = 0;                     ///< posts that are still to be garbled
    std::optional<Uptime> first_sent{};  ///< of the post that waits for its 200
    std::string session{};               ///< of the last post that was taken
    std::uint64_t heard_until = 0;       ///< in it
    std::optional<Uptime> read_at{};     ///< the daemon last began to read it whole
    std::optional<ReadingDue> due{};
    // What was lost of its records, and when last: what only a reading tells.
    Uptime lost_at{}, dropped_at{}, heard_at{};
    bool losing = false, dialled = false;
    std::uint64_t overflowed = 0;
    std::string session_made{};
  };
  /// What a request to a bridge is about.
  struct Asked {
    std::size_t bridge = 0;
    std::string call{};
    std::uint64_t person = 0;  ///< 0 = nobody in particular
  };
  /// What acknowledged records told of a person's leg.
  struct Stay {
    std::size_t bridge = 0;
    bool ended = false;
  };

  // notices_part.cpp
  sim::CmsSim& cms() { return world_.platform().cms; }
  sim::CmsSim const& cms() const { return world_.platform().cms; }
  void note(std::string const& what) { world_.note("notices", what); }
  void add_bridge(std::size_t number, bool clustered);
  sim::Answer serve(std::size_t number, sim::Request request);
  void be_busy(Bridge& bridge);
  void think(Asked asked, sim::Answer& answer);
  Asked asked_about(std::size_t number, sim::Request const& request) const;
  void write_file(std::string const& name, std::string const& text) const;
  Bridge* bridge_of(std::string_view origin);
  void happened();  ///< at the bridges
  void moved();     ///< what the daemon knows may change now
  std::string what_is_wrong();
  std::string wrong_screen() const;
  void dial_mute_bridges();

  // notices_acts.cpp
  void one_act(Chance& dice);
  void act_soon();
  void act_meanwhile(Asked asked, Milliseconds within);
  std::string come_or_go(Asked const& asked);
  std::string join(Chance& dice, std::string const& conference, std::size_t bridge,
                   std::string address);
  std::string act_on_somebody(Chance& dice, std::string const& conference, std::size_t bridge);
  void change_policy(Chance& dice);

  // notices_faults.cpp
  std::string break_records(Chance& dice, sim::CmsFaults& faults) const;
  std::string break_posts(Chance& dice, std::size_t bridge);
  std::string break_api(Chance& dice, std::size_t bridge);
  std::string break_reads(Chance& dice, Bridge& bridge) const;
  std::string break_way(Chance& dice, std::size_t bridge);
  std::string break_bridge(Chance& dice, std::size_t bridge);
  std::string overwrite(Chance& dice, std::size_t bridge);
  std::string refuse_puts(Chance& dice, std::size_t bridge);
  void spoil_api(Chance& dice, std::size_t bridge, bool clogs);
  void mend_api(std::size_t bridge);
  void mend_posts(std::size_t bridge);

  // notices_watch.cpp
  NoticesPost post_leaves(http::ClientRequest const& request);
  void copy_later(http::ClientRequest const& request);
  void post_answered(NoticesPost const& post, int status);
  void hear_calls(NoticesPost const& post);
  std::vector<std::string> hear_stays(NoticesPost const& post);
  void must_be_stored(NoticesPost const& post, std::uint64_t upto, std::vector<std::string> legs);
  void watch_gap(Bridge& bridge, NoticesPost const& post);
  void request_leaves(World::Sent const& sent);
  void put_arrives(World::Sent const& sent);
  void watch_put(Bridge const& bridge, World::Sent const& sent);
  void watch_put_level(std::size_t bridge, std::string const& call, int level);
  void watch_life();
  void watch_screens();
  void watch_screen(sim::CmsConference const& conference, Instance const& at);
  void watch_rise(std::string const& where, Screen& screen, Instance const& at, int wants);
  void watch_readings();
  int need(Instance const& at, std::string const& correlator, Uptime before) const;
  int screen_of(Instance const& at) const;
  Uptime excused_until(std::size_t bridge, Screen const& screen) const;
  static Uptime reads_spoiled_until(Bridge const& bridge);
  std::string where(sim::CmsConference const& conference, Instance const& at) const;

  // notices_counts.cpp
  void note_losses();
  bool counts_are_due() const;
  void watch_counts();

  // notices_end.cpp
  void ask_for_counts();
  std::string wrong_counts(nlohmann::json const& answer) const;
  std::set<std::string> legs_in(std::string const& correlator) const;
  bool rows_may_age() const;
  void check_people();
  void check_stays();

  World& world_;
  NoticesPolicy policy_;  ///< as it is to be written
  NoticesPolicies policies_;
  Milliseconds check_every_{20'000}, latency_{5};
  std::vector<int> page_caps_;
  Chance sender_dice_, post_dice_, soon_dice_, meanwhile_dice_;
  bool copies_ = false, meanwhile_ = false;
  Uptime thinks_next_{};  ///< no bridge takes its time before that
  test::BannerTruth truth_;
  std::vector<Bridge> bridges_;
  std::unique_ptr<NoticesPosts> posts_;
  std::unique_ptr<sim::CmsSender> sender_;
  std::map<Instance, Screen> screens_;
  std::set<Instance> heard_;                        ///< calls that the daemon must know
  std::map<std::string, Stay> stays_;               ///< by leg
  std::map<std::string, std::size_t> people_legs_;  ///< with their bridge: also of those who left
  bool changed_ = true;
  Uptime look_again_ = Uptime::max();
  std::optional<Uptime> up_since_;
  Uptime start_excused_until_{};
  Uptime moved_at_{}, counted_at_{};
  std::uint64_t moves_ = 0;
  // At the end.
  std::optional<Uptime> healed_at_, waited_for_since_, asked_at_;
  bool counts_right_ = false;
  std::string wrong_;
};

}  // namespace wardroom::world
