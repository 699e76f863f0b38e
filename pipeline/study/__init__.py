"""From locality tables to evidence tables: the framework, the panels, the checks beside them."""
