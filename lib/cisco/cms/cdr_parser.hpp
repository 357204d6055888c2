/// Call detail records out of the bytes of a bridge's post.
///
///   <records session callBridge>            the post; attributes in any order
///     <record type time correlatorIndex numPreceedingRecordsMissing>
///       <call id>, <callLeg id>, <recording id> or <streaming id>
///         fields, by name                   what is in them is skipped
///
/// Prefixes, white space and the case of record types never matter; empty = absent. A post that is
/// not the UTF-8 it should be is read as Latin-1: one participant's name must not cost a record.
/// DOCTYPE and entities of its own are refused. Source: cms.md 2, 3.
#pragma once
#include "domain/conference.hpp"

#include <cstddef>
#include <string_view>

namespace wardroom::cms {

/// What no bridge ever sends; more of it is a fault at that place.
inline constexpr std::size_t most_records = 100'000;  ///< of a post; bridges send some thousand
inline constexpr std::size_t deepest_element = 32;
inline constexpr std::size_t longest_text = 64u << 10;  ///< of one element
inline constexpr std::size_t longest_id = 256;          ///< longer ones are none
inline constexpr std::size_t most_attributes = 64;      ///< of one element

/// A ReadRecords. Any thread, no state. What is wrong with the XML is in `fault`, with the records
/// before it; nothing is thrown but std::bad_alloc. A number that is none, or is beyond 2^53, makes
/// its record broken; a count of missing records that cannot be read is one missing.
conference::RecordBatch read_records(std::string_view body);

}  // namespace wardroom::cms
