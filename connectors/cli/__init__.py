"""The command line: `daoban`."""
