// The items of a for_each step: which starts next, and what they come to together.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runner/run_state.h"
#include "runner/work.h"

namespace lockstep {

// The list that a step's `for_each` gives. Errors: what the evaluation says, "for-each-invalid" when it is no list.
struct ItemList {
  std::vector<Value> items;
  std::optional<Error> error;
  std::optional<std::size_t> waits_for;  // dry run: the error may come from changes that are still to be made
};
ItemList items_of(const RunState& state, std::size_t step);

// One step's items. Used on the scheduler's thread.
class ItemRun {
 public:
  // `serial`: never two at once. `keep_going`: after an item failed, further ones still start.
  ItemRun(std::vector<Value> items, bool serial, bool keep_going);

  // The next item to start, if one may start now.
  [[nodiscard]] std::optional<std::size_t> next();
  [[nodiscard]] const Value& item(std::size_t index) const { return items_[index]; }
  void ended(std::size_t index, WorkResult result);
  // No further item starts; those that have not get this status and reason.
  void close(StepStatus status, const std::string& reason);
  [[nodiscard]] bool all_ended() const;
  [[nodiscard]] std::size_t ended_count() const { return ended_; }
  // Dry run: whether an item that has ended would have changed something.
  [[nodiscard]] bool changes_pending() const { return changes_pending_; }
  [[nodiscard]] std::size_t size() const { return items_.size(); }

  // What the step came to, and the reports of its items. Once, when all have ended.
  WorkResult conclude(std::vector<ItemReport>& reports);

 private:
  std::vector<Value> items_;
  bool serial_;
  bool keep_going_;
  std::vector<std::optional<WorkResult>> results_;
  std::size_t next_ = 0;
  std::size_t running_ = 0;
  std::size_t ended_ = 0;
  bool closed_ = false;
  bool changes_pending_ = false;
  StepStatus unstarted_status_ = StepStatus::skipped;
  std::string unstarted_reason_;
};

}  // namespace lockstep
