"""The lead APIs: each dialect's calls, over the services that the webhooks' door uses too."""
