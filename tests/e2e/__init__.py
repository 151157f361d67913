"""A stack of its own, up for as long as these tests run: a folder without this file is no package to pytest."""
