// A quick yes to a value that a schema allows. valijson asks every keyword of every value anew, which for the outputs
// of a step over 1,000 tables takes longer than to make them.
#pragma once

#include <map>
#include <memory>

#include "specs/document.h"

namespace lockstep {

// Immutable after it was made, so any thread may ask. Keeps nothing of the schemas that it is made from.
class SchemaAcceptor {
 public:
  // `schema` may be a subschema of `root`.
  SchemaAcceptor(const Json& schema, const Json& root);
  ~SchemaAcceptor();
  SchemaAcceptor(const SchemaAcceptor&) = delete;
  SchemaAcceptor& operator=(const SchemaAcceptor&) = delete;

  // True: the schema allows the value. False says nothing: the value may be wrong, or the schema holds a keyword, or
  // the value a number, of which this cannot be sure.
  [[nodiscard]] bool accepts(const Json& value) const;

 private:
  struct Place;
  const Place* place(const Json& schema, const Json& root);
  void fill(Place& place, const Json& schema, const Json& root);

  std::map<const Json*, std::unique_ptr<Place>> places_;  // by the subschema; a schema may refer to itself
  const Place* start_ = nullptr;
};

// valijson's verdict alone, as schema_verdict() gives it where no SchemaAcceptor says yes: what that is held against.
bool valijson_verdict(const Json& value, const Json& schema, const Json& root);

}  // namespace lockstep
