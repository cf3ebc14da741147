"""The recorder: a participant that writes, and the readers of what it wrote."""
