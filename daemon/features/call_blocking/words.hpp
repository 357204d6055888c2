/// Verdicts and standings as sentences: for the person concerned, and for whoever asks why. Pure.
#pragma once
#include "features/call_blocking/call_blocking_settings.hpp"
#include "features/call_blocking/call_record.hpp"

#include <string>

namespace wardroom::call_blocking {

/// "850 m", "12.4 km".
std::string distance_words(Meters distance);
/// "12 seconds", "1 minute", "3 hours".
std::string duration_words(BootClock::duration d);

/// What is odd about a fix, in plain words; empty for none.
std::string hint_words(Hints hints);

/// The policy a verdict rests on: its key in the configuration, and what it says. Empty where the
/// standing, an operator or the kind of call decided.
struct DecidingPolicy {
  std::string_view key{};
  Policy policy{};
};
DecidingPolicy deciding_policy(Verdict const& verdict, Facts const& facts);

/// To the person, on the location page: what holds now, and what to do.
std::string words_for_person(Judgement const& now, Milliseconds timeout);
/// To an operator, about one call.
std::string words_for_call(Decision decision, Judgement const& judgement);
/// To an operator, about a person's calls right now. `who` begins the sentence.
std::string words_about_person(std::string const& who, Judgement const& now,
                               PolicySettings const& policy);

}  // namespace wardroom::call_blocking
