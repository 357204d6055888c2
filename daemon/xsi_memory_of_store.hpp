/// Keeps in the store where XSI was found, for a start while Webex or DNS is away.
#pragma once
#include "base/log.hpp"
#include "cisco/xsi/remembered_xsi.hpp"
#include "store/meta.hpp"

#include <optional>
#include <string>
#include <utility>

namespace wardroom {

class XsiMemoryOfStore final : public xsi::XsiMemory {
 public:
  explicit XsiMemoryOfStore(store::Database& database) : database_(database) {}
  Task<Result<std::optional<std::string>>> recall(std::string key) override {
    co_return co_await database_.read<std::optional<std::string>>(
        [key = std::move(key)](store::Sql& sql) { return store::get_meta(sql, key); });
  }
  void keep(std::string key, std::string text) override {
    database_.write([key = std::move(key),
                     text = std::move(text)](store::Sql& sql) { store::set_meta(sql, key, text); },
                    [](Result<void> done) {
                      if (!done)
                        log::warning("where XSI is could not be kept for the next start",
                                     {{"why", done.error().what}});
                    });
  }

 private:
  store::Database& database_;
};

}  // namespace wardroom
