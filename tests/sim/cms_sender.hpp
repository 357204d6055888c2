/// Posts what simulated bridges have for their receivers, as real ones do: one connection that is
/// kept, the next records only after 200 for the last, otherwise the same again after a while.
/// Source: cms.md 1.2, 1.3.
#pragma once
#include "http/client.hpp"
#include "runtime/random.hpp"
#include "runtime/task_group.hpp"
#include "sim/cms_sim.hpp"

#include <memory>

namespace wardroom::sim {

class CmsSender {
 public:
  /// Serves every receiver there is and each that is added, until `tasks` stop. `all` must not lose
  /// bridges meanwhile.
  CmsSender(CmsSim& all, Executor loop, Clock& clock, Random& dice, http::Client& client,
            TaskGroup& tasks);
  ~CmsSender();
  CmsSender(CmsSender const&) = delete;
  CmsSender& operator=(CmsSender const&) = delete;

  static constexpr Milliseconds patience{10'000};  ///< for an answer
  static constexpr Milliseconds first_pause{200}, longest_pause{5'000};

 private:
  void serve(CmsBridge& bridge, std::shared_ptr<CmsReceiver> receiver);
  Task<void> work(CmsBridge& bridge, std::shared_ptr<CmsReceiver> receiver);
  Task<int> post(CmsPost post);

  CmsSim& all_;
  Executor loop_;
  Clock& clock_;
  Random& dice_;
  http::Client& client_;
  TaskGroup& tasks_;
};

}  // namespace wardroom::sim
