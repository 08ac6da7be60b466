"""E-mail, as a target: a letter about each lead."""
