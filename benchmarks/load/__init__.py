"""The load of benchmarks: sites that send from memory and count what comes, in a process apart."""
