"""The catalogue: an author's YAML files become a menu that is sound, or every problem with its place."""
