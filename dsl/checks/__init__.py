"""What the compiler proves of every bot, one module a question; `dsl.check` runs them in order."""
