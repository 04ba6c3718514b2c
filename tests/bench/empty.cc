// The baseline of start-up: a program that does nothing, linked with the libraries that lockstep is linked with.
int main() {
  return 0;
}
