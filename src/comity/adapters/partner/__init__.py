"""The outside world, one file for each: whoever is told that something waits."""
