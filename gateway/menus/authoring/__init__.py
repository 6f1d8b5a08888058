"""Authoring: compile a folder of YAML files into a checked menu, or report every problem with its place."""
