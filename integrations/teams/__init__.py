"""Microsoft Teams, as a target: a message about each lead."""
