"""Does a server keep what a transparency log witness promises? See README.md beside this file."""
