"""HTTP: the carrier's Messages API, the control API, and the inbox pages."""
