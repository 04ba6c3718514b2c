#include "specs/nearest.h"

#include <gmock/gmock.h>

namespace lockstep {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const std::vector<std::string> kStepKeys = {
    "id", "name", "uses", "with", "needs", "if", "retry", "timeout", "for_each", "connection", "continue_on_error"};

TEST(Nearest, FindsATypingMistake) {
  EXPECT_THAT(nearest("need", kStepKeys), ElementsAre("needs"));
  EXPECT_THAT(nearest("tiemout", kStepKeys), ElementsAre("timeout"));
  EXPECT_THAT(nearest("conection", kStepKeys), ElementsAre("connection"));
}

TEST(Nearest, CountsASwapOfNeighboursAsOneEdit) {
  EXPECT_THAT(nearest("wiht", kStepKeys), ElementsAre("with"));
}

TEST(Nearest, IgnoresCaseAndTheWordSeparator) {
  EXPECT_THAT(nearest("For-Each", kStepKeys), ElementsAre("for_each"));
  EXPECT_THAT(nearest("continue-on-error", kStepKeys), ElementsAre("continue_on_error"));
}

TEST(Nearest, TakesAPrefixEitherWay) {
  EXPECT_THAT(nearest("conn", kStepKeys), ElementsAre("connection"));
  EXPECT_THAT(nearest("retry_policy", kStepKeys), ElementsAre("retry"));
}

TEST(Nearest, OffersNothingWhenNothingIsAlike) {
  EXPECT_THAT(nearest("zebra", kStepKeys), IsEmpty());
  EXPECT_THAT(nearest("x", {"y"}), IsEmpty());
  EXPECT_THAT(nearest("", kStepKeys), IsEmpty());
}

TEST(Nearest, PutsTheNearestFirstAndStopsAtTheLimit) {
  EXPECT_THAT(nearest("order", {"orders_old", "border", "orders", "older"}), ElementsAre("border", "orders", "older"));
  EXPECT_THAT(nearest("order", {"orders_old", "border", "orders"}, 1), ElementsAre("border"));
}

TEST(Nearest, IsNotTiredByLongNames) {
  EXPECT_THAT(nearest(std::string(1'000'000, 'a'), {std::string(1'000'000, 'a')}), IsEmpty());
  EXPECT_THAT(nearest(std::string(128, 'a'), {std::string(127, 'a') + "b"}).size(), 1U);
}

TEST(DidYouMean, ReadsAsASentence) {
  EXPECT_EQ(did_you_mean(std::vector<std::string>{}), "");
  EXPECT_EQ(did_you_mean({"a"}), "did you mean \"a\"?");
  EXPECT_EQ(did_you_mean({"a", "b"}), "did you mean \"a\" or \"b\"?");
  EXPECT_EQ(did_you_mean({"a", "b", "c"}), "did you mean \"a\", \"b\" or \"c\"?");
  EXPECT_EQ(did_you_mean("need", kStepKeys), "did you mean \"needs\"?");
}

}  // namespace
}  // namespace lockstep
