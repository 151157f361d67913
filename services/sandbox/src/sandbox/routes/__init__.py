"""What the sandbox answers over HTTP: the carrier's API, the controls, and the inbox pages."""
