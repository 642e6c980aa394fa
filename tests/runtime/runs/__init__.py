"""What happens between two messages of the user, idea by idea: tests of `runtime/runs.py` and of what it leads to."""
