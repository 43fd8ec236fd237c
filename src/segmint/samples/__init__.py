"""Tables that ship with the package, with their licences."""
