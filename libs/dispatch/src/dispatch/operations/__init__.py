"""What operators see and do: held deliveries, maintenance, routes."""
