"""Load as a region makes it: a shift change in eight custody suites, texts after a workshop."""
