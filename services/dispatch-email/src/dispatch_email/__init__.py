"""SMTP out, bounces and one-click unsubscribe in."""
