/// Hears the verbs of operators: each that changes something and was answered has its record in the
/// audit, and what it changed is in the store.
#pragma once
#include "store_ledger.hpp"
#include "world.hpp"

#include <functional>
#include <map>
#include <string>

namespace wardroom::world {

class VerbLedger {
 public:
  /// `told` hears of each acknowledgement.
  VerbLedger(StoreLedger& ledger, std::function<void()> told)
      : ledger_(ledger), told_(std::move(told)) {}

  /// As World::hear_verbs tells it.
  void hear(std::string const& path, std::string const& body, Answered const* answer);

 private:
  void count(std::string const& words);
  void override_asked(std::string const& words, std::string const& body, Answered const* answer);
  void override_set(nlohmann::json const& answer);
  void override_removed(nlohmann::json const& answer);
  void wish(std::string const& words, Answered const* answer);

  StoreLedger& ledger_;
  std::function<void()> told_;
  std::map<std::string, std::int64_t> acknowledged_;  ///< by words
  std::map<std::string, std::int64_t> person_of_;     ///< by what operators call them
};

}  // namespace wardroom::world
