"""Request and response bodies that outgrew the module of their routes, and the fields that several share."""
