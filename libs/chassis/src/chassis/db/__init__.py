"""The database side of a service: engine, tables, migrations, leadership."""
