// Other users than root, for the last act of a child before it executes.
#pragma once

namespace test {

constexpr unsigned nobody = 65534;

void become_nobody();

// Nobody, but with the two capabilities that recording needs, and none else.
void become_capable_nobody();

}  // namespace test
